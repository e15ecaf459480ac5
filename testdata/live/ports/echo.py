"""Answers on four TCP ports and a UDP port with what it hears, led by the protocol."""
import socketserver
import threading


class Tcp(socketserver.BaseRequestHandler):
    def handle(self):
        if data := self.request.recv(1000):
            self.request.sendall(b"tcp " + data)


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        data, socket = self.request
        socket.sendto(b"udp " + data, self.client_address)


socketserver.ThreadingTCPServer.allow_reuse_address = True
servers = [socketserver.ThreadingTCPServer(("", port), Tcp) for port in range(7000, 7004)]
servers.append(socketserver.ThreadingUDPServer(("", 7000), Udp))
print("listening", flush=True)
for server in servers:
    threading.Thread(target=server.serve_forever).start()

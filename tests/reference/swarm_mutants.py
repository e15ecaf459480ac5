#!/usr/bin/env python3
"""Compare `transship config --dialect swarm` with `docker stack config` on mutants of real stack files, and count agreements.

usage: tests/reference/swarm_mutants.py CORPUS TRANSSHIP [--count N] [--seed N] [--keep DIR]

CORPUS is a folder with an index.tsv (columns case_id and file). A mutant drops, retypes, copies, reorders or adds a value, changes
the version, or merges a second mutant over the first. Two results agree when both programs refuse the files, or when both print
the same structure. What differs is kept under DIR, by default nowhere. It needs PyYAML and the docker client, and no engine.
"""
import argparse, copy, csv, json, os, random, shutil, subprocess, tempfile
import yaml

VALUES = [None, True, False, 0, 1, -1, 80, 3.5, 1.0, "", "x", "80", "true", "10s", "1d", "512m", "8080:80", "127.0.0.1:80:81/udp",
          "9000-9002:80", "a=b", "A", "a:b", "./data:/data", "data:/data:ro", "~/x:/y:ro,z", "d:/d", "C:\\x:/y", "${X}", "${X:-5}",
          "${HOME}", "$$", "$x-y", "${A:?m}", "$1", [], ["a"], ["a", "a"], [1], {}, {"a": "b"}, {"a": None}, {"a": True},
          {"name": "z"}, {"external": True}, {"type": "bind", "source": "./q", "target": "/q"}, {"type": "volume"},
          {"target": 80, "published": 90}, {"source": "s", "mode": 288}, {"soft": 1, "hard": 2}, {"aliases": ["q"]}, "0s", "yes",
          {"driver": "json-file", "options": {"a": "b", "n": 3}}, "2001-01-01"]
KEYS = """command entrypoint environment env_file ports volumes networks labels deploy healthcheck secrets configs logging ulimits
extra_hosts dns init read_only tty stop_grace_period restart depends_on expose build image x-own sysctls cap_add tmpfs isolation
external name driver driver_opts file internal attachable test interval retries disable replicas mode update_config parallelism
delay order resources limits memory cpus placement constraints preferences max_replicas_per_node version target published protocol
source type bind volume nocopy subpath aliases shm_size mem_limit container_name profiles hostname credential_spec ipam
template_driver start_period start_interval oom_score_adj pids rollback_config restart_policy window condition max_attempts
endpoint_mode monitor failure_action max_failure_ratio user working_dir privileged devices pid consistency uid gid""".split()
VERSIONS = ["2", "3", 3, 3.8, ""] + [f"3.{minor}" for minor in range(14)]


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def paths(node, at=()):
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield at + (key,)
        yield from paths(value, at + (key,))


def get(node, path):
    for key in path:
        node = node[key]
    return node


def mutant(document, draw):
    document = copy.deepcopy(document)
    for _ in range(draw.choice([1, 1, 1, 1, 2])):
        places = list(paths(document))
        if not places:
            break
        place = draw.choice(places)
        parent, key, value = get(document, place[:-1]), place[-1], get(document, place)
        kind = draw.choice(["drop", "retype", "same type", "copy", "grow", "reform", "add", "version"])
        if kind == "drop":
            del parent[key]
        elif kind == "retype":
            parent[key] = copy.deepcopy(draw.choice(VALUES))
        elif kind == "same type":
            parent[key] = copy.deepcopy(draw.choice([other for other in VALUES if type(other) is type(value)] or VALUES))
        elif kind == "copy":
            parent[key] = copy.deepcopy(get(document, draw.choice(places)))
        elif kind == "grow" and isinstance(value, list):
            value.append(copy.deepcopy(draw.choice(value or VALUES)))
        elif kind == "grow" and isinstance(value, str):
            parent[key] = value + draw.choice(["$", '"', "'", ":", " ", "#", "${X}", "/", ":ro"])
        elif kind == "reform" and isinstance(value, list):
            draw.shuffle(value)
        elif kind == "reform" and isinstance(value, dict):
            parent[key] = [f"{name}={text}" for name, text in value.items()]
        elif kind == "add":
            maps = [place for place in places if isinstance(get(document, place), dict)]
            into = get(document, draw.choice(maps)) if maps else document
            into[draw.choice(KEYS)] = copy.deepcopy(draw.choice(VALUES))
        elif kind == "version":
            document["version"] = draw.choice(VERSIONS)
    return document


def run(argv, folder, settings):
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/home/u", "DOCKER_CONFIG": settings}
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        return None, done.stderr
    return json.dumps(yaml.safe_load(done.stdout), sort_keys=True, default=str), done.stdout


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("corpus")
    arguments.add_argument("transship")
    arguments.add_argument("--count", type=int, default=500)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep")
    chosen = arguments.parse_args()
    draw = random.Random(chosen.seed)
    docker, transship = shutil.which("docker"), os.path.abspath(chosen.transship)
    documents = []
    with open(f"{chosen.corpus}/index.tsv") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            with open(f'{chosen.corpus}/{row["case_id"]}/{row["file"]}') as file:
                try:
                    document = yaml.safe_load(file)
                except yaml.YAMLError:
                    continue
            if isinstance(document, dict):
                documents.append(document)
    agreed = accepted = 0
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as settings:
        for index in range(chosen.count):
            document = draw.choice(documents)
            files = [mutant(document, draw)]
            if draw.random() < 0.25:
                files.append(mutant(document, draw))
            names = [f"stack.{number}.yml" for number in range(len(files))]
            for name, text in zip(names, files):
                with open(f"{folder}/{name}", "w") as file:
                    yaml.dump(text, file, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)
            ours = [part for name in names for part in ("-f", name)]
            theirs = [part for name in names for part in ("-c", name)]
            expected, said = run([docker, "stack", "config", *theirs], folder, settings)
            found, told = run([transship, "config", "--dialect", "swarm", *ours], folder, settings)
            accepted += expected is not None
            agreed += expected == found
            if expected != found and chosen.keep:
                kept = f"{chosen.keep}/{chosen.seed}-{index}"
                os.makedirs(kept)
                for name in names:
                    shutil.copy(f"{folder}/{name}", kept)
                for name, text in (("theirs", said), ("ours", told)):
                    with open(f"{kept}/{name}", "w") as file:
                        file.write(text)
    print(f"{chosen.count} mutants, {accepted} accepted, {agreed} agree: {100 * agreed / chosen.count:.3f} %")


main()

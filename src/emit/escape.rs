//! What the kubelet does to text, undone in advance; rule: every text arrives in the container byte for byte.
//!
//! In `env[].value`, `command`, `args` and exec probes the kubelet replaces `$(NAME)` and turns `$$` into `$`. A dollar followed
//! by anything else stays, so that only those dollars are doubled whose neighbour would make them special:
//!
//! ```yaml
//! args: [echo $HOME, echo $(date)]     # before
//! args: [echo $HOME, echo $$(date)]    # after
//! ```

/// Doubles the dollars that the kubelet would not leave alone.
pub(super) fn for_kubelet(text: &str) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        escaped.push(character);
        // The kubelet copies one byte behind a dollar, as if it were a character: anything but ASCII would be torn apart.
        let special = rest.peek().is_some_and(|next| matches!(next, '$' | '(') || !next.is_ascii());
        if character == '$' && special {
            escaped.push('$');
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::for_kubelet;

    /// `Expand` of k8s.io/kubernetes/third_party/forked/golang/expansion, byte by byte, with every variable set.
    fn expand(input: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut rest = input;
        loop {
            match rest {
                [] => return output,
                [b'$', b'$', behind @ ..] => {
                    output.push(b'$');
                    rest = behind;
                }
                [b'$', b'(', behind @ ..] => match behind.iter().position(|byte| *byte == b')') {
                    Some(end) => {
                        output.extend(b"VARIABLE");
                        rest = &behind[end + 1..];
                    }
                    None => {
                        output.extend(b"$(");
                        rest = behind;
                    }
                },
                [b'$', byte, behind @ ..] => {
                    output.extend(format!("${}", char::from(*byte)).into_bytes());
                    rest = behind;
                }
                [byte, behind @ ..] => {
                    output.push(*byte);
                    rest = behind;
                }
            }
        }
    }

    #[test]
    fn only_special_dollars_are_doubled() {
        let texts = [
            ("$$%s", "$$$%s"),
            ("$HOME", "$HOME"),
            ("$(date)", "$$(date)"),
            ("5$", "5$"),
            ("$$", "$$$"),
            ("$é", "$$é"),
        ];
        for (text, escaped) in texts {
            assert_eq!(for_kubelet(text), escaped);
        }
    }

    #[test]
    fn any_text_survives_the_kubelet() {
        let alphabet = ['$', '$', '$', '(', ')', 'A', ' ', 'é', '🦀'];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..50_000 {
            let mut text = String::new();
            for _ in 0..state % 12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.extend(alphabet.get((state >> 33) as usize % alphabet.len()));
            }
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 1;
            assert_eq!(expand(for_kubelet(&text).as_bytes()), text.as_bytes(), "{text:?}");
        }
    }
}

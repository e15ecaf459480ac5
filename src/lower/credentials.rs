//! What looks like a credential, and so goes to a Secret (design 4.5): by the last words of its name, or by what its value holds.

/// Whether a variable looks like a credential: by its name's last words, or by a password, a token or a private key in its value.
pub(super) fn is_credential(name: &str, value: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let by_name = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "API_KEY",
        "APIKEY",
        "PRIVATE_KEY",
        "SECRET_KEY",
        "ACCESS_KEY",
        "CREDENTIALS",
        "PASSWORD_HASH",
        "PASSWORD_SHA2",
        "PRESHARED_KEY",
        "AUTHKEY",
        "SECRET_KEY_BASE",
        "ENCRYPTION_KEY",
        "ERLANG_COOKIE",
        "REPLICA_SET_KEY",
        "_AUTH_KEY",
        "_CRYPTO_KEY",
        "_ENC_KEY",
        "_FERNET_KEY",
        "_JWT_KEY",
        "_LICENSE_KEY",
        "_MASTER_KEY",
        "_SIGNING_KEY",
        "_PASS",
        "_PWD",
        "_SALT",
        "_TOKEN_ID",
    ]
    .iter()
    .any(|ending| upper.ends_with(ending));
    // What tells clusters apart, and guards none.
    if upper.ends_with("INITIAL_CLUSTER_TOKEN") {
        return false;
    }
    let is_path = value.starts_with('/') && (upper.ends_with("_FILE") || upper.ends_with("_PATH"));
    (by_name && !is_path && !matches!(value, "true" | "false" | "yes" | "no"))
        || url_password(value)
        || stated_password(value)
        || is_token(value)
        || value.contains("-----BEGIN ") && value.contains("PRIVATE KEY")
}

fn url_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split([' ', '"', '\'', ',']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(user, password)| !user.contains('/') && !password.is_empty())
    })
}

/// `Server=db;User Id=sa;Password=x`, `host=db password=x`, `-Dspring.datasource.password=x`, `?user=me&password=x`.
fn stated_password(value: &str) -> bool {
    value.split([';', ' ', '&', '?', '\n']).any(|setting| {
        let Some((name, password)) = setting.split_once('=') else { return false };
        let name = name.trim_end().to_ascii_lowercase();
        let is_reference = password.starts_with(['$', '%', '{', '<']) || matches!(password, "true" | "false");
        (name.ends_with("password") || name == "pwd") && !password.is_empty() && !is_reference
    })
}

/// What tokens of popular services begin with.
const TOKENS: &[&str] = &[
    "AIza",
    "AKIA",
    "SG.",
    "dckr_pat_",
    "ghp_",
    "github_pat_",
    "glpat-",
    "hf_",
    "npm_",
    "rk_live_",
    "sk-",
    "sk_live_",
    "sk_test_",
    "xoxb-",
    "xoxp-",
];

/// The fewest characters of a token: what is shorter only begins like one.
const SHORTEST_TOKEN: usize = 20;

/// Whether the whole value is a token: one of a popular service, or a JSON Web Token.
fn is_token(value: &str) -> bool {
    let is_one_word = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let begins_so = TOKENS.iter().any(|token| value.starts_with(token));
    let is_web_token = value.starts_with("eyJ") && value.split('.').count() == 3;
    value.len() >= SHORTEST_TOKEN && is_one_word && (begins_so || is_web_token)
}

#[cfg(test)]
mod tests {
    use super::is_credential;

    #[test]
    fn values_that_hold_a_password_or_a_token() {
        let held = [
            "postgres://app:p4ss@db/app",
            "Server=db;Database=shop;User Id=sa;Password=p4ss;",
            "host=db password=p4ss user=app",
            "-Xmx1g -Dspring.datasource.password=p4ss",
            "jdbc:mysql://db/shop?user=app&password=p4ss",
            "ghp_0123456789abcdef0123456789abcdef0123",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlIG9mIGl0",
        ];
        for value in held {
            assert!(is_credential("SETTING", value), "{value}");
        }
        let plain = [
            "postgres://db/app",
            "Server=db;Integrated Security=true;Password=",
            "-Dssl.password=$PASSWORD",
            "sk-learn",
            "require_password=true",
            "hf_transfer",
        ];
        for value in plain {
            assert!(!is_credential("SETTING", value), "{value}");
        }
    }
}

//! What looks like a credential, and so goes to a Secret (design 4.5): by the last words of its name, by a URL that carries a password,
//! or by the first line of a private key.

/// Whether a variable looks like a credential: by its name's last words, or by a URL that carries a password.
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

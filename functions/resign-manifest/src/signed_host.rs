//! Hosts beside the viewer's own whose URIs are signed too, each with its own key pair.

use hls_rewrite::{AssetTree, is_viewer_host};
use url::Url;
use usher_runtime::{InvalidSetting, Members, Settings, SigningConfig, all_valid, asset_tree};

/// Another distribution that playlists refer to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedHost {
    /// Protocol, host and port as browsers write them: `https://media.example.com`.
    pub origin: String,
    /// Its key pair and hash. The expiry bucket is the function's own.
    pub signing: SigningConfig,
    /// The paths and assets that are signed there.
    pub tree: AssetTree,
}

impl SignedHost {
    /// Reads `SIGNED_HOSTS`, a JSON array of objects. Their members are `origin` and, in lower case, the
    /// settings that the function has for its own host.
    pub(crate) fn read(settings: &mut Settings<'_>) -> Result<Vec<Self>, InvalidSetting> {
        let hosts = settings.list(NAME, &MEMBERS, Self::read_one)?;
        all_valid(hosts.iter().enumerate().map(|(at, host)| {
            let is_again = hosts.iter().skip(at + 1).any(|other| other.origin == host.origin);
            if is_again { Err(settings.invalid(format!("{NAME} has {} twice", host.origin))) } else { Ok(()) }
        }))?;
        Ok(hosts)
    }

    fn read_one(settings: &mut Settings<'_>) -> Result<Self, InvalidSetting> {
        let origin = settings.required("ORIGIN").and_then(|origin| {
            if is_origin(&origin) { Ok(origin) } else { Err(settings.invalid(BAD_ORIGIN)) }
        });
        let signing = SigningConfig::read(settings);
        let tree = asset_tree(settings);
        Ok(Self { origin: origin?, signing: signing?, tree: tree? })
    }
}

/// A `*`, which `Url` accepts in a name, would be a wildcard in a policy.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(is_viewer_host)
        && Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
}

const BAD_ORIGIN: &str =
    "ORIGIN must be protocol, host and port as browsers write them, such as https://media.example.com";
const NAME: &str = "SIGNED_HOSTS";
const EXPIRY_BUCKET: &str = "EXPIRY_BUCKET_SECONDS";
const MEMBERS: Members<'_> = Members { inherited: &[EXPIRY_BUCKET], ..Members::new("", &SETTINGS) };
const SETTINGS: [&str; 8] = [
    "HASH_ALGORITHM",
    "KEY_PAIR_ID",
    "KMS_KEY_ID",
    "ORIGIN",
    "PRIVATE_KEY_FILE",
    "PRIVATE_KEY_SECRET_ID",
    "RESOURCE_PATH",
    "SCOPE_DEPTH",
];

#[cfg(test)]
mod tests {
    use cloudfront_signing::{HashAlgorithm, KeyPairId};
    use usher_runtime::{ConfigError, KeySource};

    use super::*;

    fn read(text: &str) -> Result<Vec<SignedHost>, ConfigError> {
        let look_up = |name: &str| match name {
            NAME => Some(text.to_owned()),
            EXPIRY_BUCKET => Some("60".to_owned()),
            // The function's own key must not serve another host.
            "KEY_PAIR_ID" | "KMS_KEY_ID" => Some("OWN".to_owned()),
            _ => None,
        };
        let mut settings = Settings::new(&look_up);
        let hosts = SignedHost::read(&mut settings);
        settings.finish(|| hosts)
    }

    #[test]
    fn each_host_has_its_own_key_pair_hash_and_scope() {
        let hosts = read(
            r#"[{"origin": "https://a.example.com", "key_pair_id": "KA", "kms_key_id": "arn:a"},
                {"origin": "http://b.example.com:8080", "key_pair_id": "KB", "private_key_secret_id": "b",
                 "hash_algorithm": "SHA1", "resource_path": "/films/*", "scope_depth": 2}]"#,
        );
        let id = |id| KeyPairId::new(id).expect("an id");
        let a = SignedHost {
            origin: "https://a.example.com".to_owned(),
            signing: SigningConfig {
                hash: HashAlgorithm::Sha256,
                key: KeySource::Kms { key_id: "arn:a".to_owned(), key_pair_id: id("KA") },
                expiry_bucket: 60,
            },
            tree: AssetTree::new("/video/*", 1).expect("a tree"),
        };
        let b = SignedHost {
            origin: "http://b.example.com:8080".to_owned(),
            signing: SigningConfig {
                hash: HashAlgorithm::Sha1,
                key: KeySource::SecretsManager { secret_id: "b".to_owned(), key_pair_id: Some(id("KB")) },
                expiry_bucket: 60,
            },
            tree: AssetTree::new("/films/*", 2).expect("a tree"),
        };
        assert_eq!(hosts, Ok(vec![a, b]));
        assert_eq!(read(""), Ok(Vec::new()));
        assert_eq!(read("[]"), Ok(Vec::new()));
    }

    #[test]
    fn all_problems_of_all_hosts_are_told_at_once() {
        let rows = [
            ("https://media.example.com", "SIGNED_HOSTS must be a JSON array of objects"),
            (r#"{"origin": "https://a"}"#, "SIGNED_HOSTS must be a JSON array of objects"),
            (r#"["https://a"]"#, "SIGNED_HOSTS must be a JSON array of objects"),
            (
                r#"[{"origin": "https://A.example.com/", "key_pair_id": "K-1", "kms_key_id": ["k"], "colour": 1},
                    {"key_pair_id": "K2", "kms_key_id": "k", "hash_algorithm": "SHA1", "scope_depth": -1}]"#,
                "SIGNED_HOSTS[0]: there is no member \"colour\"; \
                 SIGNED_HOSTS[0]: kms_key_id must be a text or a number; \
                 SIGNED_HOSTS[0]: origin must be protocol, host and port as browsers write them, such as \
                 https://media.example.com; \
                 SIGNED_HOSTS[0]: key_pair_id must be the id of a CloudFront public key; \
                 SIGNED_HOSTS[0]: kms_key_id is missing (or private_key_secret_id, or private_key_file on a \
                 laptop); \
                 SIGNED_HOSTS[1]: origin is missing; \
                 SIGNED_HOSTS[1]: hash_algorithm: KMS cannot sign with SHA1; \
                 SIGNED_HOSTS[1]: scope_depth must be a number of path segments",
            ),
            (
                r#"[{"origin": "https://a", "key_pair_id": "K1", "kms_key_id": "k"},
                    {"origin": "https://a", "key_pair_id": "K2", "kms_key_id": "l"}]"#,
                "SIGNED_HOSTS has https://a twice",
            ),
        ];
        for (text, problems) in rows {
            let error = read(text).expect_err("it cannot be used");
            assert_eq!(error.to_string(), format!("the configuration cannot be used: {problems}"));
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for origin in [
            "media.example.com",
            "https://media.example.com/",
            "https://media.example.com:443",
            "https://user@media.example.com",
            "https://MEDIA.example.com",
            "ftp://media.example.com",
            "file:///",
            "https://*.example.com",
            "null",
        ] {
            let text = format!(r#"[{{"origin": "{origin}", "key_pair_id": "K1", "kms_key_id": "k"}}]"#);
            assert!(read(&text).is_err(), "{origin}");
        }
    }
}

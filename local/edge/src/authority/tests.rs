use tempfile::TempDir;

use super::*;

const NOW: u64 = 1_790_000_000;
const DAY: u64 = 86_400;

fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).expect("seconds")
}

fn open(state: &Path, names: &[&str], now: u64) -> Result<Authority, String> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Authority::open(state, &names, time(now))
        .map_err(|error| error.to_string().replace(&state.display().to_string(), "S"))
}

#[test]
fn it_signs_for_this_machine_and_for_the_names_that_it_was_made_for() {
    let state = TempDir::new().expect("a folder");
    let authority = open(state.path(), &["laptop.local", "203.0.113.7"], NOW).expect("an authority");
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.clone()).expect("a root");
    let rows = [
        ("localhost", true),
        ("video.localhost", true),
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("::1", true),
        ("10.1.2.3", true),
        ("172.31.0.1", true),
        ("192.168.1.7", true),
        ("169.254.1.1", true),
        ("fd00::7", true),
        ("fe80::7", true),
        ("laptop.local", true),
        ("203.0.113.7", true),
        ("www.example.com", false),
        ("laptop.local.example.com", false),
        ("other.local", false),
        ("198.51.100.7", false),
        ("172.32.0.1", false),
        ("2001:db8::1", false),
    ];
    for (name, is_believed) in rows {
        assert_eq!(authority.is_believed(&roots, name, time(NOW)).ok(), Some(is_believed), "{name}");
        if let Ok(address) = name.parse()
            && name != "203.0.113.7"
        {
            assert_eq!(is_private(address), is_believed, "{name}");
        }
    }
}

#[test]
fn it_is_the_same_at_every_start_and_its_key_is_the_owners_alone() {
    let state = TempDir::new().expect("a folder");
    let first = open(state.path(), &[], NOW).expect("an authority");
    let again = open(state.path(), &[], NOW + DAY).expect("an authority");
    assert_eq!(first.fingerprint(), again.fingerprint());
    assert_eq!(validity(&first.certificate), Some((time(NOW - 3_600), time(NOW + AUTHORITY_DAYS * DAY))));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name| state.path().join(name).metadata().expect("a file").permissions().mode() & 0o777;
        assert_eq!((mode(KEY), mode(CERTIFICATE)), (0o600, 0o644));
    }
}

#[test]
fn two_authorities_have_two_names_and_two_certificates_two_numbers() {
    let states = [TempDir::new().expect("a folder"), TempDir::new().expect("a folder")];
    let [one, other] = states.each_ref().map(|state| open(state.path(), &[], NOW).expect("an authority"));
    let [its, others] = [&one, &other].map(|authority| {
        parameters(authority.issuer.key()).distinguished_name.get(&DnType::CommonName).cloned()
    });
    assert_ne!(its, others);
    let sign = || one.sign(vec!["localhost".to_owned()], time(NOW)).expect("a certificate").0;
    let number = |certificate: &CertificateDer<'_>| certificate.get(8..40).map(<[u8]>::to_vec);
    assert_ne!(number(&sign()), number(&sign()));
}

#[test]
fn each_bad_state_is_a_sentence_with_the_cure() {
    let cure = "remove S/authority.pem and S/authority_key.pem, and the next start makes another authority, which \
                every device then has to trust";
    let fresh = || {
        let state = TempDir::new().expect("a folder");
        open(state.path(), &[], NOW).expect("an authority");
        state
    };
    let broken = |name: &str, text: &str, now: u64, names: &[&str]| {
        let state = fresh();
        if !text.is_empty() {
            fs::write(state.path().join(name), text).expect("a file");
        }
        open(state.path(), names, now).err()
    };
    let expected = |problem: &str| Some(format!("{problem}: {cure}"));

    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let rows = [
        (broken(CERTIFICATE, "x", NOW, &[]), expected("S/authority.pem is not a PEM file")),
        (
            broken(CERTIFICATE, no_certificate, NOW, &[]),
            expected("S/authority.pem contains no certificate of an authority"),
        ),
        (broken(KEY, "x", NOW, &[]), expected("S/authority_key.pem is not a PEM file")),
        (broken(KEY, no_certificate, NOW, &[]), expected("S/authority_key.pem contains no private key")),
        (
            broken("", "", NOW + AUTHORITY_DAYS * DAY, &[]),
            expected("S/authority.pem expired at 2036-09-18T14:13:20Z (2105360000)"),
        ),
        (
            broken("", "", NOW, &["late.example"]),
            expected(
                "the certificate authority was made without the name late.example, so that it may not sign for it",
            ),
        ),
        (
            broken("", "", NOW - DAY, &[]),
            Some(
                "S/authority.pem is valid from 2026-09-21T13:13:20Z (1789996400), and the clock of this machine says \
                 2026-09-20T14:13:20Z (1789913600): set the clock"
                    .to_owned(),
            ),
        ),
    ];
    for (sentence, expected) in rows {
        assert_eq!(sentence, expected);
    }

    for (name, sentence) in
        [(CERTIFICATE, "S/authority.pem is missing"), (KEY, "S/authority_key.pem is missing")]
    {
        let state = fresh();
        fs::remove_file(state.path().join(name)).expect("a file");
        assert_eq!(open(state.path(), &[], NOW).err(), expected(sentence));
    }
    let (one, other) = (fresh(), fresh());
    fs::copy(other.path().join(CERTIFICATE), one.path().join(CERTIFICATE)).expect("a copy");
    assert_eq!(
        open(one.path(), &[], NOW).err(),
        expected("S/authority.pem does not belong to S/authority_key.pem")
    );
}

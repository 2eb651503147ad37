//! The certificate authority of `usher serve --tls`, in the state folder.
//!
//! Whoever trusts the authority trusts its key, which is a file on a laptop. So its certificate has name constraints:
//! it signs for loopback names, for private addresses, and for the names that the options had when it was made.
//! <https://datatracker.ietf.org/doc/html/rfc5280#section-4.2.1.10>

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
};
use cloudfront_signing::UnixTime;
use der::{Decode as _, Reader as _, SliceReader, Tag, asn1};
use ipnet::IpNet;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _, SerialNumber,
};
use tokio_rustls::rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::aws_lc_rs::default_provider,
    pki_types::{self, CertificateDer, PrivateKeyDer, ServerName},
    server::ServerConfig,
};

use super::EdgeError;
use crate::key_pair::write_new;

/// Signs certificates for this machine.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    file: PathBuf,
}

impl Authority {
    /// The authority in the state folder, which is made if there is none. It may sign for `names`.
    pub(super) fn open(state: &Path, names: &[String], now: UnixTime) -> Result<Self, EdgeError> {
        let (file, key_file) = (state.join(CERTIFICATE), state.join(KEY));
        if !file.exists() && !key_file.exists() {
            generate(state, names, now)?;
        }
        let unusable = |problem: String| {
            let files = format!("{} and {}", file.display(), key_file.display());
            EdgeError::Authority { problem, files }
        };
        let read = |path: &Path| {
            let missing = || unusable(format!("{} is missing", path.display()));
            let pem = match fs::read_to_string(path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
                pem => pem.map_err(|source| EdgeError::File { path: path.to_owned(), source })?,
            };
            let broken = |_| unusable(format!("{} is not a PEM file", path.display()));
            pem::parse(pem).map(pem::Pem::into_contents).map_err(broken)
        };
        let key = KeyPair::try_from(read(&key_file)?)
            .map_err(|_| unusable(format!("{} contains no private key", key_file.display())))?;
        let certificate = CertificateDer::from(read(&file)?);
        let broken = || unusable(format!("{} contains no certificate of an authority", file.display()));
        let (begins, ends) = validity(&certificate).ok_or_else(broken)?;
        if now >= ends {
            return Err(unusable(format!("{} expired at {ends}", file.display())));
        }
        if now < begins {
            return Err(EdgeError::Clock { file, begins, now });
        }
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).map_err(|_| broken())?;
        let authority = Self { issuer: Issuer::new(parameters(&key), key), certificate, file: file.clone() };
        let is_believed = |name: &str| authority.is_believed(&roots, name, now);
        if !is_believed("localhost")? {
            return Err(unusable(format!("{} does not belong to {}", file.display(), key_file.display())));
        }
        for name in names {
            if !is_believed(name)? {
                return Err(unusable(format!(
                    "the certificate authority was made without the name {name}, so that it may not sign for it"
                )));
            }
        }
        Ok(authority)
    }

    /// The file with the certificate that browsers have to trust.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The certificate that browsers have to trust, as devices install it.
    pub(super) fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// The SHA-256 fingerprint, as browsers and systems show it.
    pub(super) fn fingerprint(&self) -> String {
        let hash = digest(&SHA256, &self.certificate);
        let bytes: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }

    /// A server with a new certificate for `names`, whose key stays in memory.
    pub(super) fn server(&self, names: Vec<String>, now: UnixTime) -> Result<ServerConfig, EdgeError> {
        let (certificate, key) = self.sign(names, now)?;
        let mut server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate], key))
            .map_err(|error| EdgeError::Certificate(error.to_string()))?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(server)
    }

    fn sign(
        &self,
        names: Vec<String>,
        now: UnixTime,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), EdgeError> {
        let failed = |error: rcgen::Error| EdgeError::Certificate(error.to_string());
        let mut parameters = CertificateParams::new(names).map_err(failed)?;
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, "usher serve");
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        parameters.serial_number = Some(serial_number()?);
        set_validity(&mut parameters, now, CERTIFICATE_DAYS);
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(failed)?;
        let key = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|error| EdgeError::Certificate(error.to_owned()))?;
        Ok((certificate.der().clone(), key))
    }

    /// Whether a client that trusts `roots` believes a certificate for `name` of this authority.
    fn is_believed(&self, roots: &RootCertStore, name: &str, now: UnixTime) -> Result<bool, EdgeError> {
        let (certificate, _) = self.sign(vec![name.to_owned()], now)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(
            Arc::new(roots.clone()),
            Arc::new(default_provider()),
        );
        let verifier = verifier.build().map_err(|error| EdgeError::Certificate(error.to_string()))?;
        let Ok(name) = ServerName::try_from(name) else { return Ok(false) };
        let now = pki_types::UnixTime::since_unix_epoch(Duration::from_secs(now.seconds()));
        Ok(verifier.verify_server_cert(&certificate, &[], &name, &[], now).is_ok())
    }
}

/// Whether a new authority may sign for an address without being given it as a name.
pub(super) fn is_private(address: IpAddr) -> bool {
    networks().any(|network| network.contains(&address.to_canonical()))
}

fn networks() -> impl Iterator<Item = IpNet> {
    PRIVATE.iter().filter_map(|network| network.parse().ok())
}

fn generate(state: &Path, names: &[String], now: UnixTime) -> Result<(), EdgeError> {
    let failed = |error: rcgen::Error| EdgeError::Certificate(error.to_string());
    let key = KeyPair::generate().map_err(failed)?;
    let mut parameters = parameters(&key);
    let subtree = |network: IpNet| {
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network.addr(), network.prefix_len()))
    };
    let named = names.iter().map(|name| match name.parse::<IpAddr>() {
        Ok(address) => subtree(address.into()),
        Err(_) => GeneralSubtree::DnsName(name.clone()),
    });
    let own = [GeneralSubtree::DnsName("localhost".to_owned())];
    let permitted_subtrees = own.into_iter().chain(networks().map(subtree)).chain(named).collect();
    parameters.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.serial_number = Some(serial_number()?);
    set_validity(&mut parameters, now, AUTHORITY_DAYS);
    let certificate = parameters.self_signed(&key).map_err(failed)?;

    let write = |name: &str, label: &str, der: &[u8], mode| {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let path = state.join(name);
        write_new(&path, &pem::encode_config(&pem::Pem::new(label, der), config), mode)
            .map_err(|source| EdgeError::Write { path, source })
    };
    fs::create_dir_all(state).map_err(|source| EdgeError::Write { path: state.to_owned(), source })?;
    write(KEY, "PRIVATE KEY", key.serialized_der(), 0o600)?;
    write(CERTIFICATE, "CERTIFICATE", certificate.der(), 0o644)
}

/// What every certificate of the authority repeats: its name, which is another one for each key, and its key's uses.
fn parameters(key: &KeyPair) -> CertificateParams {
    let hash = digest(&SHA256, &key.subject_public_key_info());
    let id: String = base16ct::lower::encode_string(hash.as_ref()).chars().take(8).collect();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, format!("usher serve, this machine only, {id}"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters
}

/// From an hour ago, because clocks of devices differ.
fn set_validity(parameters: &mut CertificateParams, now: UnixTime, days: u64) {
    let time = |seconds| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    parameters.not_before = time(now.seconds().saturating_sub(3_600));
    parameters.not_after = time(now.seconds() + days * 86_400);
}

/// Random: browsers reject two certificates of one authority with the same number.
fn serial_number() -> Result<SerialNumber, EdgeError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| EdgeError::Random)?;
    // A number that is not negative, and does not begin with a zero.
    let [first, ..] = &mut bytes;
    *first = (*first & 0x7f) | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

/// `notBefore` and `notAfter` of a certificate.
/// <https://datatracker.ietf.org/doc/html/rfc5280#section-4.1>
fn validity(certificate: &[u8]) -> Option<(UnixTime, UnixTime)> {
    fn member(sequence: &[u8], number: usize) -> Option<asn1::AnyRef<'_>> {
        let mut reader = SliceReader::new(sequence).ok()?;
        for _ in 0..number {
            asn1::AnyRef::decode(&mut reader).ok()?;
        }
        reader.decode().ok()
    }
    let signed = member(member(certificate, 0)?.value(), 0)?;
    let validity = member(signed.value(), 4)?;
    let time = |number| {
        let time = member(validity.value(), number)?;
        let since_epoch = match time.header().tag() {
            Tag::UtcTime => time.decode_as::<asn1::UtcTime>().ok()?.to_unix_duration(),
            _ => time.decode_as::<asn1::GeneralizedTime>().ok()?.to_unix_duration(),
        };
        UnixTime::new(since_epoch.as_secs()).ok()
    };
    Some((time(0)?, time(1)?))
}

const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority_key.pem";

/// Every device has to trust a new one.
const AUTHORITY_DAYS: u64 = 3_650;
/// Apple's limit is 825 for an authority that a user installed.
pub(super) const CERTIFICATE_DAYS: u64 = 30;

/// Loopback, RFC 1918, link-local and RFC 4193: nobody on the Internet has such an address.
const PRIVATE: [&str; 8] = [
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

#[cfg(test)]
mod tests;

//! Certificates that the client trusts.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// The certificates of the system, and those of a file.
///
/// A certificate that signs itself, as `openssl req -x509` makes it, is by its extensions one of an issuer, and `webpki` refuses
/// such a one of a server. If the file has it, it is what the user trusts: then only its host is checked here, its time before.
#[derive(Debug)]
pub struct Trust {
    issuers: Arc<WebPkiServerVerifier>,
    file: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Reads both.
    ///
    /// # Errors
    /// The file cannot be read, or there are no certificates at all.
    pub fn read(cacert: Option<&Path>, provider: Arc<CryptoProvider>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        // The failure is reported by the handshake, if it needs one of those that cannot be read.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let mut file = Vec::new();
        if let Some(path) = cacert {
            let whereabouts = || format!("`{}` cannot be read", path.display());
            for certificate in CertificateDer::pem_file_iter(path).with_context(whereabouts)? {
                let certificate = certificate.with_context(whereabouts)?;
                roots.add(certificate.clone())?;
                file.push(certificate);
            }
        }
        let issuers = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Self {
            issuers: issuers.build()?,
            file,
        })
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let issuers = &self.issuers;
        match issuers.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.file.iter().any(|known| known == certificate) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let issuers = &self.issuers;
        issuers.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let issuers = &self.issuers;
        issuers.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.issuers.supported_verify_schemes()
    }
}

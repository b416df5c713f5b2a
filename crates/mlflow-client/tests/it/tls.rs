//! Servers behind TLS, with a certificate authority of their own, and with client certificates.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mlflow_client::{ClientOptions, ErrorKind, RestStore, Store as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faults::{answers, n_requests, options};

/// Two authorities, `ours` and `others`, each with a server's and a client's certificate.
const CERTIFICATES: &str = "
import datetime, ipaddress, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
start = datetime.datetime(2020, 1, 1)
def pem(thing): return thing.public_bytes(serialization.Encoding.PEM)
def secret(key): return key.private_bytes(serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
def name(text): return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
def sign(subject, key, issuer, issuer_key, is_ca):
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(start).not_valid_after(start.replace(year=2120))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True))
    if not is_ca:
        names = [x509.DNSName('localhost'), x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
for who in ['ours', 'others']:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = sign(who, ca_key, who, ca_key, True)
    open(f'{who}-ca.pem', 'wb').write(pem(ca))
    for role in ['server', 'client']:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = sign(f'{who} {role}', key, who, ca_key, False)
        open(f'{who}-{role}.pem', 'wb').write(pem(certificate) + secret(key))
";

/// A folder with the certificates.
#[derive(Debug)]
pub(crate) struct Certificates(tempfile::TempDir);

impl Certificates {
    pub(crate) fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let no_args: [&str; 0] = [];
        let made = testkit::python::run_script(folder.path(), CERTIFICATES, no_args).unwrap();
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// TLS in front of a server that speaks plain HTTP.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) url: Url,
    /// Ends the front when it is dropped.
    _serving: JoinSet<()>,
}

impl Front {
    /// Starts one before the server on `port`; with `clients`, only those go through that this
    /// authority knows.
    pub(crate) async fn start(
        port: u16,
        server: &Path,
        clients: Option<&Path>,
    ) -> io::Result<Self> {
        let builder = match clients {
            None => ServerConfig::builder().with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
                ServerConfig::builder().with_client_cert_verifier(verifier)
            }
        };
        let chain = vec![CertificateDer::from_pem_file(server).unwrap()];
        let key = PrivateKeyDer::from_pem_file(server).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://localhost:{}", listener.local_addr()?.port());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                connections.spawn(async move {
                    let mut client = acceptor.accept(client).await?;
                    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        Ok(Self { url: Url::parse(&url).unwrap(), _serving: serving })
    }

    pub(crate) fn store(&self, options: &ClientOptions) -> mlflow_client::Result<RestStore> {
        RestStore::new(&self.url, options)
    }
}

fn with_ca(path: PathBuf) -> ClientOptions {
    ClientOptions { ca_bundle: Some(path), ..options() }
}

fn with_client(ca: PathBuf, path: PathBuf) -> ClientOptions {
    ClientOptions { client_certificate: Some(path), ..with_ca(ca) }
}

#[tokio::test]
async fn a_server_is_trusted_by_its_own_authority_and_by_no_other() {
    let certificates = Certificates::make();
    let (server, _) = answers(200, "{}").await;
    let path = |name| certificates.path(name);
    let front =
        Front::start(server.address().port(), &path("ours-server.pem"), None).await.unwrap();
    front.store(&with_ca(path("ours-ca.pem"))).unwrap().ping().await.unwrap();
    let trusting = ClientOptions { insecure_tls: true, ..options() };
    front.store(&trusting).unwrap().ping().await.unwrap();
    let n_pings = n_requests(&server).await;
    for options in [options(), with_ca(path("others-ca.pem"))] {
        let error = front.store(&options).unwrap().ping().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error:?}");
        assert!(error.hint().unwrap().contains("MLFLOW_TRACKING_SERVER_CERT_PATH"), "{error:?}");
        assert!(!error.is_retryable() && !error.to_string().contains("tries"), "{error}");
    }
    assert_eq!(n_requests(&server).await, n_pings, "nothing was sent");
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_gets_it_or_refuses() {
    let certificates = Certificates::make();
    let (server, _) = answers(200, "{}").await;
    let path = |name| certificates.path(name);
    let authority = path("ours-ca.pem");
    let front =
        Front::start(server.address().port(), &path("ours-server.pem"), Some(&authority)).await;
    let front = front.unwrap();
    let known = with_client(authority.clone(), path("ours-client.pem"));
    front.store(&known).unwrap().ping().await.unwrap();
    let n_pings = n_requests(&server).await;
    for options in
        [with_ca(authority.clone()), with_client(authority.clone(), path("others-client.pem"))]
    {
        let error = front.store(&options).unwrap().ping().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
        assert!(error.hint().unwrap().contains("MLFLOW_TRACKING_CLIENT_CERT_PATH"), "{error:?}");
    }
    assert_eq!(n_requests(&server).await, n_pings, "nothing was sent");
}

#[tokio::test]
async fn a_certificate_file_that_is_none_is_named() {
    let certificates = Certificates::make();
    let empty = certificates.path("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let url = Url::parse("https://127.0.0.1:1").unwrap();
    let authority = certificates.path("ours-ca.pem");
    for options in [
        with_ca(certificates.path("missing.pem")),
        with_client(authority.clone(), empty),
        with_client(authority.clone(), authority), // a certificate without its key
    ] {
        let error = RestStore::new(&url, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains(".pem"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_neither_leaves_tls_nor_carries_who_we_are_elsewhere() {
    let certificates = Certificates::make();
    let (elsewhere, _) = answers(200, "{}").await;
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(307).insert_header("location", elsewhere.uri()))
        .mount(&server)
        .await;
    let path = |name| certificates.path(name);
    let authority = path("ours-ca.pem");
    let front =
        Front::start(server.address().port(), &path("ours-server.pem"), None).await.unwrap();
    let error = front.store(&with_ca(authority.clone())).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "from https: to http: {error}");
    assert!(error.hint().unwrap().contains(&elsewhere.uri()), "{error:?}");

    // From plain to TLS, on another host.
    let target = Front::start(elsewhere.address().port(), &path("ours-server.pem"), None).await;
    let target = target.unwrap();
    server.reset().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(307).insert_header("location", target.url.as_str()))
        .mount(&server)
        .await;
    let plain = Url::parse(&server.uri()).unwrap();
    let ping = async |options: ClientOptions| {
        RestStore::new(&plain, &options).unwrap().ping().await.map_err(|error| error.kind())
    };
    assert_eq!(ping(with_ca(authority.clone())).await, Ok(()), "nothing of ours goes along");
    let n_pings = n_requests(&elsewhere).await;
    let certificate = with_client(authority.clone(), path("ours-client.pem"));
    assert_eq!(ping(certificate).await, Err(ErrorKind::Protocol), "a client certificate");
    let workspace = with_ca(authority.clone()).with_workspace("acme");
    assert_eq!(ping(workspace).await, Err(ErrorKind::Protocol), "a workspace");
    let none = ClientOptions { redirects_max: 0, ..with_ca(authority) };
    assert_eq!(ping(none).await, Err(ErrorKind::Protocol), "no redirects");
    assert_eq!(n_requests(&elsewhere).await, n_pings);
}

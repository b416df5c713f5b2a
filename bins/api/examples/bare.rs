//! A server of nothing but actix-web, which answers every request with the same bytes: the
//! limit that `benches/serving/race` holds the service against.
//!
//! `bare PORT FILE [WORKERS]`

use std::env::args;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context as _, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = args().skip(1);
    let port: u16 = args.next().context("which port?")?.parse()?;
    let file = args.next().context("which file?")?;
    let workers: usize = args.next().map_or(Ok(1), |text| text.parse())?;
    let bytes = web::Bytes::from(std::fs::read(&file).with_context(|| file.clone())?);
    let server = HttpServer::new(move || {
        let bytes = bytes.clone();
        let answer = move || {
            let bytes = bytes.clone();
            async move {
                let mut response = HttpResponse::Ok().body(bytes);
                let kind = HeaderValue::from_static("application/json");
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                response
            }
        };
        App::new().route("/predict", web::to(answer))
    });
    server.workers(workers).bind(("127.0.0.1", port))?.run().await?;
    Ok(())
}

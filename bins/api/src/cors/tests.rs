use super::*;

fn parse(entries: &[&str]) -> Result<Option<Origins>, OriginsError> {
    Origins::parse(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>())
}

#[test]
fn origins_are_read_as_browsers_write_them() {
    assert_eq!(parse(&[]), Ok(None));
    assert_eq!(parse(&["*"]), Ok(Some(Origins::All)));
    let named = ["https://example.com", "http://localhost:5173", "http://[::1]:80443"];
    assert!(parse(&named[..2]).is_ok());
    assert_eq!(parse(&named), Err(OriginsError::NoOrigin(named[2].to_owned())));
    assert_eq!(parse(&["*", "https://example.com"]), Err(OriginsError::AllAndOthers));
    for entry in [
        "",
        "null",
        "example.com",
        "https://example.com/",
        "https://Example.com",
        "https://example.com:443",
        "https://*.example.com",
        "https://me@example.com",
        "file:///tmp",
    ] {
        assert_eq!(parse(&[entry]), Err(OriginsError::NoOrigin(entry.to_owned())));
    }
}

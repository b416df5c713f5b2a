use super::*;
use crate::error::ErrorKind;

const YAML: &str = "artifact_path: mlflow-artifacts:/3/models/m-1/artifacts
flavors:
  prophet:
    code: null
    data: 'inner/model.pr'
    model_type: Prophet
  python_function:
    data: other.pr
    loader_module: mlflow.prophet
signature:
  outputs: '[{\"type\": \"datetime\", \"name\": \"ds\"}, {\"type\": \"double\",
    \"name\": \"yhat\"}]'
";

#[test]
fn the_model_file_is_found_in_yaml_and_in_json() {
    assert_eq!(prophet_data_path(YAML).unwrap(), "inner/model.pr");
    assert_eq!(prophet_data_path("flavors:\n  prophet: {}\n").unwrap(), "model.pr");
    let json = r#"{"flavors": {"prophet": {"data": "m.pr"}}}"#;
    assert_eq!(prophet_data_path(json).unwrap(), "m.pr");
    for other in ["flavors:\n  sklearn:\n    data: x\n", "{\"flavors\": {}}", "", "{"] {
        assert_eq!(prophet_data_path(other).unwrap_err().kind(), ErrorKind::Protocol, "{other}");
    }
}

#[test]
fn a_model_is_read_bare_and_wrapped() {
    let json = r#"{"growth": "linear", "y_scale": 34.61844541546715, "q": "\"á\""}"#;
    let wrapped = serde_json::Value::String(json.to_owned()).to_string();
    assert_eq!(read_model_json(json.as_bytes()).unwrap(), json);
    assert_eq!(read_model_json(wrapped.as_bytes()).unwrap(), json);
    for bad in ["", "[1]", "\"[1]\"", "{\"a\":", "\"{\\\"a\\\":\"", "\"{}", "null"] {
        assert_eq!(
            read_model_json(bad.as_bytes()).unwrap_err().kind(),
            ErrorKind::Protocol,
            "{bad}"
        );
    }
    assert!(read_model_json(b"\xff\xfe").is_err());
}

#[test]
fn what_is_written_is_read_back() {
    let mut flavor = ProphetFlavor::new(r#"{"growth": "linear"}"#, 0);
    flavor.extra_inputs = vec!["cap".to_owned()];
    let files = prophet_files(&flavor);
    let names: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names.last(), Some(&"MLmodel"), "the file that makes a folder a model comes last");
    let file = |name: &str| &files.iter().find(|(path, _)| path == name).unwrap().1;
    let path = prophet_data_path(std::str::from_utf8(file("MLmodel")).unwrap()).unwrap();
    assert_eq!(read_model_json(file(&path)).unwrap(), flavor.model_json);
    let example: serde_json::Value = serde_json::from_slice(file("input_example.json")).unwrap();
    assert_eq!(example["columns"], serde_json::json!(["ds", "cap"]));
}

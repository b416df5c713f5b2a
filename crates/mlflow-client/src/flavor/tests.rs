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
    for yaml in [
        "flavors: {prophet: {data: m.pr, code: null}}",
        "%YAML 1.1\n---\nflavors:\n    prophet: &id001\n        data: \"m\\x2Epr\"\n",
        "metadata:\n  note: |\n    flavors:\n      prophet:\n        data: wrong.pr\nflavors:\n  prophet:\n    data: m.pr\n",
        "other: [{flavors: {prophet: {data: wrong.pr}}}]\nflavors:\n  prophet:\n    code: []\n    data: >-\n      m.pr\n",
        "? [a, b]\n: 1\nflavors: # kinds\n  sklearn:\n    data: wrong.pr\n  prophet:\n    data: m.pr # the model\n    env: {data: wrong.pr}\n",
    ] {
        assert_eq!(prophet_data_path(yaml).unwrap(), "m.pr", "{yaml}");
    }
    for yaml in ["flavors:\n  prophet:\n    data: null\n", "flavors:\n  prophet:\n    data:\n"] {
        assert_eq!(prophet_data_path(yaml).unwrap(), "model.pr", "{yaml}");
    }
    for other in ["flavors:\n  sklearn:\n    data: x\n", "{\"flavors\": {}}", "", "{"] {
        assert_eq!(prophet_data_path(other).unwrap_err().kind(), ErrorKind::Protocol, "{other}");
    }
}

#[test]
fn a_file_of_nothing_but_brackets_is_refused_and_costs_no_stack() {
    let ladder = (0..1000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n");
    for text in ["- ".repeat(20_000), "[".repeat(20_000), "? ".repeat(20_000), ladder] {
        assert_eq!(prophet_data_path(&text).unwrap_err().kind(), ErrorKind::Protocol);
    }
    let large = " ".repeat(5 * 1024 * 1024);
    assert!(prophet_data_path(&large).unwrap_err().to_string().contains("bytes"));
}

#[test]
fn the_example_asks_with_values_that_the_model_takes() {
    let model = r#"{"y_scale": 34.5, "extra_regressors": [["x"], {"x": {"mu": 2.5, "std": 1.0}}]}"#;
    let mut flavor = ProphetFlavor::new(model, 0);
    flavor.extra_inputs = ["cap", "floor", "x"].map(str::to_owned).to_vec();
    flavor.example_ds = vec!["2026-01-05T00:00:00".to_owned()];
    let files = prophet_files(&flavor);
    let (_, bytes) = files.iter().find(|(path, _)| path == "input_example.json").unwrap();
    let example: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(example["data"], serde_json::json!([["2026-01-05T00:00:00", 34.5, 0.0, 2.5]]));
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

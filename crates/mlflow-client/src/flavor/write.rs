//! Writes the files of a Prophet logged model.

use serde_json::{Value, json};

use super::ProphetFlavor;
use super::example::example;

/// The file that holds the model, by the name that MLflow's Prophet flavour expects.
const MODEL_FILE: &str = "model.pr";

/// Returns the files of a logged model as (path, bytes), `MLmodel` last.
///
/// `MLmodel` is what makes a folder a model, so a reader never sees it before the rest.
/// `mlflow.prophet.load_model` and `mlflow.pyfunc.load_model` open the folder.
pub fn prophet_files(flavor: &ProphetFlavor) -> Vec<(String, Vec<u8>)> {
    // MLflow reads a JSON string that holds the model's JSON.
    let model = Value::String(flavor.model_json.clone()).to_string();
    let versions = &flavor.versions;
    let requirements = format!("mlflow=={}\nprophet=={}\n", versions.mlflow, versions.prophet);
    let conda = format!(
        "channels:\n- conda-forge\ndependencies:\n- python={}\n- pip\n- pip:\n  - mlflow=={}\n  \
         - prophet=={}\nname: mlflow-env\n",
        versions.python, versions.mlflow, versions.prophet
    );
    // Quoted: MLflow refuses a version that YAML reads as a number, as it does `3.11`.
    let environment = format!(
        "python: '{}'\nbuild_dependencies:\n- pip\n- setuptools\n- wheel\ndependencies:\n- -r \
         requirements.txt\n",
        versions.python
    );
    let example = example(flavor);
    let serving = format!("{:#}", json!({ "dataframe_split": example }));
    let example = python_json(&example);
    // What MLflow has written when it takes the size.
    let mlmodel = mlmodel(flavor, model.len() + example.len() + serving.len());
    [
        (MODEL_FILE, model),
        ("requirements.txt", requirements),
        ("conda.yaml", conda),
        ("python_env.yaml", environment),
        ("input_example.json", example),
        ("serving_input_example.json", serving),
        ("MLmodel", format!("{mlmodel:#}\n")),
    ]
    .map(|(path, text)| (path.to_owned(), text.into_bytes()))
    .to_vec()
}

/// Writes JSON with the spaces of Python's `json.dumps`, so that the sizes are Python's too.
fn python_json(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(python_json).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            let entry =
                |(key, value): (&String, _)| format!("{}: {}", json!(key), python_json(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The `MLmodel` file as JSON, which is YAML too.
fn mlmodel(flavor: &ProphetFlavor, n_bytes: usize) -> Value {
    let versions = &flavor.versions;
    let column = |kind: &str, name: &str| json!({ "type": kind, "name": name, "required": true });
    let inputs: Vec<_> = std::iter::once(column("datetime", "ds"))
        .chain(flavor.extra_inputs.iter().map(|name| column("double", name)))
        .collect();
    let outputs: Vec<_> = std::iter::once(column("datetime", "ds"))
        .chain(["yhat", "yhat_lower", "yhat_upper"].map(|name| column("double", name)))
        .collect();
    json!({
        "artifact_path": flavor.artifact_uri,
        "flavors": {
            "prophet": {
                "code": null,
                "data": MODEL_FILE,
                "model_type": "Prophet",
                "prophet_version": versions.prophet,
            },
            "python_function": {
                "data": MODEL_FILE,
                "env": { "conda": "conda.yaml", "virtualenv": "python_env.yaml" },
                "loader_module": "mlflow.prophet",
                "python_version": versions.python,
            },
        },
        "is_signature_from_type_hint": false,
        "mlflow_version": versions.mlflow,
        "model_id": flavor.model_id.as_ref().map(ToString::to_string),
        "model_size_bytes": n_bytes,
        "model_uuid": flavor.model_id.as_ref().map(ToString::to_string),
        "prompts": null,
        "run_id": flavor.run_id.as_ref().map(ToString::to_string),
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
        "signature": {
            "inputs": Value::Array(inputs).to_string(),
            "outputs": Value::Array(outputs).to_string(),
            "params": null,
        },
        "type_hint_from_example": false,
        "utc_time_created": utc_text(flavor.created_ms),
    })
}

/// Writes a time as Python's `str(datetime)` does: `2026-11-23 03:43:51.082000`.
fn utc_text(ms: i64) -> String {
    let (days, of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Civil date from days since 1970, by the 400-year cycle that starts in March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03}000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_python_writes_them() {
        assert_eq!(utc_text(1_795_405_431_082), "2026-11-23 03:43:51.082000");
        assert_eq!(utc_text(951_782_400_000), "2000-02-29 00:00:00.000000");
        assert_eq!(utc_text(-1), "1969-12-31 23:59:59.999000");
    }
}

//! What is tried, and what the server says to it.

use std::collections::BTreeMap;

use mlflow_client::{Batch, DatasetInput, Metric};
use serde_json::json;

use super::trial::Trial::{self, *};
use super::trial::Verdict::{self, *};

/// A trial with the verdict of a bare server and ours.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) rule: String,
    pub(crate) trial: Trial,
    pub(crate) server: Verdict,
    pub(crate) ours: Verdict,
}

const NOW_MS: i64 = 1_700_000_000_000;

pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |rule: &str, trial, server, ours| {
        cases.push(Case { rule: rule.to_owned(), trial, server, ours });
    };
    keys(&mut |rule, trial, verdict| add(rule, trial, verdict, verdict));
    batches(&mut |rule, trial, verdict| add(rule, trial, verdict, verdict));
    experiments_and_runs(&mut |rule, trial, verdict| add(rule, trial, verdict, verdict));
    models(&mut |rule, trial, verdict| add(rule, trial, verdict, verdict));
    exceptions(&mut add);
    cases
}

type Add<'a> = dyn FnMut(&str, Trial, Verdict) + 'a;

fn text(text: &str) -> String {
    text.to_owned()
}

fn long(n: usize) -> String {
    "x".repeat(n)
}

fn metric(key: &str) -> Trial {
    Log(Batch { metrics: vec![Metric::new(key, 1.5, NOW_MS)], ..Batch::default() })
}

fn params(pairs: &[(&str, &str)]) -> Trial {
    let params = pairs.iter().map(|&(key, value)| (text(key), text(value))).collect();
    Log(Batch { params, ..Batch::default() })
}

fn counted(n_metrics: i64, n_params: usize, n_tags: usize) -> Trial {
    let point = |step| Metric { step, ..Metric::new("counted", 1.5, NOW_MS) };
    let pairs = |n| (0..n).map(|i| (format!("counted {i}"), text("v"))).collect();
    let metrics = (0..n_metrics).map(point).collect();
    Log(Batch { metrics, params: pairs(n_params), tags: pairs(n_tags) })
}

fn keys(add: &mut Add<'_>) {
    let good = [
        "a b",
        "a/b",
        "a:b",
        "a.b",
        "a-b",
        "a_b",
        "á",
        "ação/é",
        ".a",
        "a.",
        "a/...",
        " ",
        "١",
        "²",
        "名",
    ];
    let bad = [
        "", "a%", "a#", "a\\b", "a,b", "a(b)", "a\nb", "../x", "/a", "a//b", "a/", "./a", "a/.",
        ".", "..", "a/../b", "...", "..a",
    ];
    let names = good.map(|key| (key, Accepted)).into_iter().chain(bad.map(|key| (key, Refused)));
    for (key, verdict) in names {
        add(&format!("metric {key:?}"), metric(key), verdict);
        let param = params(&[(key, "v")]);
        add(&format!("param {key:?}"), param, verdict);
        let tags = vec![(text(key), text("v"))];
        add(&format!("tag {key:?}"), Log(Batch { tags, ..Batch::default() }), verdict);
        add(&format!("tag of an experiment {key:?}"), TagExperiment(text(key), text("v")), verdict);
        add(&format!("tag of a model {key:?}"), TagModel(text(key), text("v")), verdict);
        add(&format!("tag of a version {key:?}"), TagVersion(text(key), text("v")), verdict);
    }
    for (n, verdict) in [(250, Accepted), (251, Refused)] {
        add(&format!("metric of {n}"), metric(&long(n)), verdict);
        add(&format!("param of {n}"), params(&[(&long(n), "v")]), verdict);
        add(&format!("tag of an experiment of {n}"), TagExperiment(long(n), text("v")), verdict);
        add(&format!("tag of a model of {n}"), TagModel(long(n), text("v")), verdict);
        let tags = vec![(long(n), text("v"))];
        add(
            &format!("first tag of a version of {n}"),
            CreateVersion(text("s3://b/k"), tags),
            verdict,
        );
    }
}

fn batches(add: &mut Add<'_>) {
    add("1000 metrics", counted(1000, 0, 0), Accepted);
    add("100 params", counted(0, 100, 0), Accepted);
    add("100 tags", counted(0, 0, 100), Accepted);
    add("900 metrics and 100 params", counted(900, 100, 0), Accepted);
    add("nothing at all", Log(Batch::default()), Accepted);
    add("a param again", params(&[("set", "once")]), Accepted);
    add("a param changed", params(&[("set", "twice")]), Refused);
    add("a param twice in a batch", params(&[("q", "1"), ("q", "2")]), Refused);
    add("a param twice in a batch, the same", params(&[("r", "1"), ("r", "1")]), Refused);
    add("an empty value of a param", params(&[("empty", "")]), Accepted);
    let tags = vec![(text("t"), text("1")), (text("t"), text("2"))];
    add("a tag twice in a batch", Log(Batch { tags, ..Batch::default() }), Accepted);
    for _ in 0..2 {
        add("a point, and again", metric("again"), Accepted);
    }
    let point = |timestamp_ms, step| Metric { step, ..Metric::new("when", 1.5, timestamp_ms) };
    for (timestamp_ms, step, verdict) in [
        (0, 0, Accepted),
        (i64::MAX, 0, Accepted),
        (-1, 0, Refused),
        (1, -1, Accepted),
        (1, i64::MAX, Accepted),
        (1, i64::MIN, Accepted),
    ] {
        let metrics = vec![point(timestamp_ms, step)];
        let rule = format!("time {timestamp_ms} step {step}");
        add(&rule, Log(Batch { metrics, ..Batch::default() }), verdict);
    }
    add("a deleted run", LogToDeleted, Refused);
    add("an unknown run", LogTo("ffffffffffffffffffffffffffffffff"), NotFound);
    add("no id of a run", LogTo("zzz"), NotFound);
}

fn experiments_and_runs(add: &mut Add<'_>) {
    for (name, verdict) in [
        (format!("§{}", long(499)), Accepted),
        (format!("§{}", long(500)), Refused),
        (text("§/b:c"), Accepted),
        (text("§ ção %#"), Accepted),
        (text(""), Refused),
        (text("Default"), Taken),
    ] {
        let n = name.chars().count();
        add(&format!("experiment of {n} {name:.20}"), CreateExperiment(name), verdict);
    }
    add("rename to 501", RenameExperiment(format!("§{}", long(500))), Refused);
    add("rename to nothing", RenameExperiment(text("")), Refused);
    add("experiment 999999", GetExperiment("999999"), NotFound);
    add("experiment abc", GetExperiment("abc"), Refused);
    for (n, verdict) in [(20_000, Accepted), (20_001, Refused)] {
        add(
            &format!("value of an experiment's tag of {n}"),
            TagExperiment(text("v"), long(n)),
            verdict,
        );
    }
    for (max, verdict) in [(0, Refused), (1, Accepted), (50_000, Accepted), (50_001, Refused)] {
        add(&format!("{max} runs a page"), SearchRuns(max), verdict);
    }
    let dataset = dataset();
    for (rule, changed, verdict) in [
        ("plain", dataset.clone(), Accepted),
        ("name of 500", DatasetInput { name: long(500), ..dataset.clone() }, Accepted),
        ("name of 501", DatasetInput { name: long(501), ..dataset.clone() }, Refused),
        ("digest of 36", DatasetInput { digest: long(36), ..dataset.clone() }, Accepted),
        ("digest of 37", DatasetInput { digest: long(37), ..dataset.clone() }, Refused),
        ("no source type", DatasetInput { source_type: text(""), ..dataset.clone() }, Accepted),
        ("no source", DatasetInput { source: text(""), ..dataset.clone() }, Accepted),
        ("context of 500", DatasetInput { context: Some(long(500)), ..dataset.clone() }, Accepted),
        ("context of 501", DatasetInput { context: Some(long(501)), ..dataset.clone() }, Refused),
        ("source of 65535", DatasetInput { source: long(65_535), ..dataset.clone() }, Accepted),
        ("source of 65536", DatasetInput { source: long(65_536), ..dataset.clone() }, Refused),
        (
            "schema of 1048575",
            DatasetInput { schema: Some(long(1_048_575)), ..dataset.clone() },
            Accepted,
        ),
        ("schema of 1048576", DatasetInput { schema: Some(long(1_048_576)), ..dataset }, Refused),
    ] {
        add(&format!("dataset, {rule}"), Dataset(changed), verdict);
    }
}

fn models(add: &mut Add<'_>) {
    for (name, verdict) in [
        (text("§ á b"), Accepted),
        (format!("§{}", long(255)), Accepted),
        (text("§%#\"'"), Accepted),
        (text("limits §"), Taken),
        (text("§/b"), Refused),
        (text("§:b"), Refused),
        (text(""), Refused),
        (text("  "), Refused),
    ] {
        add(&format!("model {name:.20}"), CreateModel(name), verdict);
    }
    add("an unknown model", GetModel("nope"), NotFound);
    for number in [0, 99, u32::MAX] {
        add(&format!("version {number}"), GetVersion(number), NotFound);
    }
    for (n, verdict) in [(100_000, Accepted), (100_001, Refused)] {
        add(&format!("value of a model's tag of {n}"), TagModel(text("v"), long(n)), verdict);
        add(&format!("value of a version's tag of {n}"), TagVersion(text("v"), long(n)), verdict);
    }
    for alias in ["champion", "a-b_c", "á", "v", "v1a", "1", "vv1"] {
        add(&format!("alias {alias:?}"), Alias(text(alias)), Accepted);
    }
    for alias in ["", "a b", "a/b", "a.b", "a%", "latest", "Latest", "LATEST", "v1", "V01"] {
        add(&format!("alias {alias:?}"), Alias(text(alias)), Refused);
    }
    add("alias of 255", Alias(long(255)), Accepted);
    add("alias of 256", Alias(long(256)), Refused);
    add("an alias that is not there goes", DeleteAlias(text("never")), Accepted);
    add("no alias goes", DeleteAlias(text("a b")), Refused);
    for name in ["m", "á b", "a-b_c", "m()"] {
        add(&format!("logged model {name:?}"), LoggedModel(text(name), vec![]), Accepted);
    }
    for name in ["a/b", "a:b", "a.b", "a%b", "a\"b", "a'b"] {
        add(&format!("logged model {name:?}"), LoggedModel(text(name), vec![]), Refused);
    }
    for n in [255, 6001] {
        let params = vec![(long(255), long(n))];
        add(&format!("{n} in a param of a logged model"), LoggedModel(text("m"), params), Accepted);
    }
    add("an unknown logged model", GetLoggedModel("m-nope"), NotFound);
    add("a file that is not there", GetArtifact("nope.txt"), NotFound);
    for path in ["plain.txt", "a+b=c@d,e.txt"] {
        add(&format!("artifact {path:?}"), PutArtifact(path), Accepted);
    }
    add("artifact with an encoded #", PutArtifact("a%23b"), Refused);
    for path in ["..%2Fx", "a%2F..%2F..%2Fx", "a/"] {
        add(&format!("artifact {path:?}"), PutArtifact(path), Refused);
    }
}

fn dataset() -> DatasetInput {
    DatasetInput {
        name: text("d"),
        digest: text("abc"),
        source_type: text("local"),
        source: text("{}"),
        schema: None,
        profile: None,
        context: None,
        tags: BTreeMap::new(),
    }
}

/// Where we say something else than the server, each for a reason.
fn exceptions(add: &mut dyn FnMut(&str, Trial, Verdict, Verdict)) {
    // One request takes so many; a batch of ours is sent in as many as it needs.
    add("1001 metrics", counted(1001, 0, 0), Refused, Accepted);
    add("101 params", counted(0, 101, 0), Refused, Accepted);
    add("101 tags", counted(0, 0, 101), Refused, Accepted);
    add("901 metrics and 100 params", counted(901, 100, 0), Refused, Accepted);
    // The server passes the first tags of a run by, and its column has 250.
    add("first tag of 251", CreateRun(vec![(long(251), text("v"))]), Accepted, Refused);
    // A column has 255, and a dataset is found by name and digest.
    let params = vec![(long(256), text("v"))];
    add("256 in a param of a logged model", LoggedModel(text("m"), params), Accepted, Refused);
    for nameless in [
        DatasetInput { name: text(""), ..dataset() },
        DatasetInput { digest: text(""), ..dataset() },
    ] {
        add("a dataset without a name or a digest", Dataset(nameless), Accepted, Refused);
    }
    // The server hands on what its database says.
    add("rename to a taken one", RenameExperiment(text("Default")), Refused, Taken);
    // The column has 256; SQLite does not mind, other databases do.
    add("model of 257", CreateModel(format!("§{}", long(256))), Accepted, Refused);
    // What is decoded more than once on its way names another file.
    add("artifact with a %", PutArtifact("a%2525b"), Accepted, Refused);
    add("artifact in a folder that is encoded", PutArtifact("a%2Fb"), Accepted, Refused);

    // What our types cannot say, so that nobody can send it by mistake.
    let point = |field: &str, value: serde_json::Value| {
        let mut point = json!({ "key": "bare", "value": 1.5, "timestamp": 1, "step": 0 });
        point[field] = value;
        Bare("runs/log-metric", point)
    };
    add("value null", point("value", json!(null)), Refused, Accepted);
    add("value abc", point("value", json!("abc")), Refused, Accepted);
    add("time null", point("timestamp", json!(null)), Refused, Accepted);
    let version = json!({ "version": 1, "key": "k", "value": "v" });
    add("a version as a number", Bare("model-versions/set-tag", version), Refused, Accepted);
    for (field, value) in
        [("value", json!("NaN")), ("value", json!("-Infinity")), ("step", json!("3"))]
    {
        add(&format!("{field} {value}"), point(field, value), Accepted, Accepted);
    }
}

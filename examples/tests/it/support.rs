//! Series made from a seed, and the program under test.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use serde_json::Value;
use tempfile::TempDir;
use testkit::draw::Draw;
use testkit::program::{Output, Program, workdir};

/// An empty folder with a series in it.
pub(crate) struct Desk {
    pub(crate) dir: TempDir,
}

impl Desk {
    /// `sales.csv`: `n` days with a week, a bend and noise; every fiftieth has no value.
    pub(crate) fn new(n: u32) -> Self {
        let desk = Self { dir: workdir().expect("a folder can be made") };
        let mut draw = Draw::new(7);
        let mut csv = String::from("ds,y,cap,promotion\n");
        for i in 0..n {
            let day = first() + Days::new(u64::from(i));
            let on = u8::from(i % 13 == 4);
            let bend = 0.02 * f64::from(i) - 0.03 * f64::from(i.saturating_sub(n / 2));
            let y = 20.0 + bend + f64::from(i % 7) + 3.0 * f64::from(on) + 0.3 * draw.normal();
            let y = if i % 50 == 49 { String::new() } else { format!("{y:.4}") };
            writeln!(csv, "{day},{y},60,{on}").expect("a String takes any text");
        }
        desk.write("sales.csv", &csv);
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the folder can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file is there")
    }

    /// Runs `prophet` in the folder; the arguments are split at spaces.
    pub(crate) fn run(&self, args: &str) -> Output {
        run_in(self.dir.path(), args)
    }

    /// Runs it and returns the JSON that it prints.
    pub(crate) fn json(&self, args: &str) -> Value {
        let out = self.run(&format!("{args} --json"));
        assert_eq!(out.code, Some(0), "{}", out.report());
        out.json()
    }
}

/// A word such as `730_days` is one argument with a space in it.
fn run_in(dir: &Path, args: &str) -> Output {
    let is_time = |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('_');
    let argument =
        |word: &str| if is_time(word) { word.replace('_', " ") } else { word.to_owned() };
    Program::new(env!("CARGO_BIN_EXE_prophet"))
        .current_dir(dir)
        .args(args.split_whitespace().map(argument))
        .run()
        .expect("the program starts")
}

pub(crate) fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 1, 3).expect("a date")
}

/// The numbers of a member of every object of a list.
pub(crate) fn numbers(list: &Value, name: &str) -> Vec<f64> {
    let list = list.as_array().expect("a list");
    list.iter().map(|row| row[name].as_f64().expect("a number")).collect()
}

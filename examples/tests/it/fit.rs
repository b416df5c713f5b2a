use testkit::series::Prices;

use crate::support::{Desk, numbers};

#[test]
fn fit_prints_one_object_with_parameters_report_and_forecast() {
    let desk = Desk::new(400);
    let json = desk.json("fit --csv sales.csv --periods 30 --repeat 3");
    for name in ["log_posterior", "kkt_residual", "fit_seconds"] {
        assert!(json[name].is_f64(), "{name}: {}", json[name]);
    }
    assert_eq!(json["converged"], true);
    assert_eq!(json["fits"], 3);
    assert_eq!(json["rows"], 392);
    let params = &json["params"];
    assert_eq!(params["delta"].as_array().unwrap().len(), 25);
    assert_eq!(params["beta"].as_array().unwrap().len(), 6, "weekly of order 3");
    assert!(params["k"].is_f64() && params["m"].is_f64() && params["sigma_obs"].is_f64());
    assert_eq!(json["unidentified"], serde_json::json!([]));
    let forecast = json["forecast"].as_array().unwrap();
    assert_eq!(forecast.len(), 30);
    assert_eq!(forecast[0]["ds"], "2023-02-07");
    let (low, mid) = (numbers(&json["forecast"], "yhat_lower"), numbers(&json["forecast"], "yhat"));
    let high = numbers(&json["forecast"], "yhat_upper");
    assert!((0..30).all(|i| low[i] < mid[i] && mid[i] < high[i]));
    assert_eq!(numbers(&json["forecast"], "trend").len(), 30);
}

#[test]
fn the_intervals_of_an_optimum_are_exact_so_no_seed_changes_them() {
    let desk = Desk::new(200);
    let run = |seed| desk.run(&format!("fit --csv sales.csv --periods 9 --seed {seed} --json"));
    let forecast = |seed| run(seed).json()["forecast"].clone();
    assert_eq!(forecast(3), forecast(4));
}

#[test]
fn a_series_reads_the_same_however_a_spreadsheet_wrote_it() {
    let desk = Desk::new(120);
    let plain = desk.read("sales.csv");
    let forecast =
        |file: &str| desk.json(&format!("fit --csv {file} --periods 3"))["forecast"].clone();
    let expected = forecast("sales.csv");
    let semicolons = plain.replace(',', ";");
    let written = [
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        format!("\u{feff}{plain}"),
        plain.replace(',', "\t"),
        semicolons.replace('.', ","),
        semicolons,
    ];
    for text in written {
        desk.write("other.csv", &text);
        assert_eq!(forecast("other.csv"), expected, "{}", &text[..40]);
    }
}

#[test]
fn a_cap_that_nothing_uses_is_told() {
    let desk = Desk::new(60);
    let out = desk.run("fit --csv sales.csv --cap 50 --periods 1");
    assert_eq!(out.code, Some(0), "{}", out.report());
    assert!(out.stderr.contains("--growth logistic only"), "{}", out.report());
}

#[test]
fn every_option_of_the_model_reaches_the_fit() {
    let desk = Desk::new(400);
    desk.write(
        "days.csv",
        "holiday,ds,lower_window,upper_window\nfair,2022-05-02,0,1\nfair,2023-05-02,,\n",
    );
    let plain = desk.json("fit --csv sales.csv --periods 1");
    let options = [
        "--growth flat",
        "--growth logistic --cap 60",
        "--growth logistic --cap 60 --floor -5",
        "--changepoints 2022-06-01,2022-03-01",
        "--n-changepoints 3",
        "--changepoint-range 0.5",
        "--yearly-seasonality true",
        "--weekly-seasonality 2",
        "--weekly-seasonality false",
        "--daily-seasonality 1",
        "--seasonality-mode multiplicative",
        "--changepoint-prior-scale 0.5",
        "--seasonality-prior-scale 0.01",
        "--country-holidays BR",
        "--country-holidays US --holidays-prior-scale 0.1",
        "--holidays days.csv --holidays-mode multiplicative",
        "--add-seasonality monthly:30.5:3",
        "--scaling minmax",
    ];
    let mut seen = vec![plain["log_posterior"].as_f64().unwrap()];
    for option in options {
        let json = desk.json(&format!("fit --csv sales.csv --periods 1 {option}"));
        assert_eq!(json["converged"], true, "{option}");
        let lp = json["log_posterior"].as_f64().unwrap();
        assert!(seen.iter().all(|other| (other - lp).abs() > 1e-9), "{option} changes nothing");
        seen.push(lp);
    }
    let width = |args: &str| {
        let json = desk.json(&format!("fit --csv sales.csv --periods 5 {args}"));
        let ends = |name| numbers(&json["forecast"], name)[0];
        ends("yhat_upper") - ends("yhat_lower")
    };
    assert!(1.5 * width("") < width("--interval-width 0.99"));
    let none = desk.json("fit --csv sales.csv --periods 5 --uncertainty-samples 0");
    assert!(none["forecast"][0]["yhat_lower"].is_null());
}

#[test]
fn frequencies_and_the_history_are_as_asked_for() {
    let desk = Desk::new(100);
    let ds = |args: &str| -> Vec<String> {
        let json = desk.json(&format!("fit --csv sales.csv {args}"));
        let rows = json["forecast"].as_array().unwrap().iter();
        rows.map(|row| row["ds"].as_str().unwrap().to_owned()).collect()
    };
    // The last row is Tuesday, 12 April 2022.
    assert_eq!(ds("--periods 3 --freq D"), ["2022-04-13", "2022-04-14", "2022-04-15"]);
    assert_eq!(ds("--periods 3"), ["2022-04-13", "2022-04-14", "2022-04-15"]);
    assert_eq!(ds("--periods 4 --freq B")[3], "2022-04-18");
    assert_eq!(ds("--periods 2 --freq W"), ["2022-04-17", "2022-04-24"]);
    assert_eq!(ds("--periods 2 --freq MS"), ["2022-05-01", "2022-06-01"]);
    assert_eq!(ds("--periods 2 --freq ME"), ["2022-04-30", "2022-05-31"]);
    assert_eq!(ds("--periods 2 --freq h")[1], "2022-04-12T02:00:00");
    assert_eq!(ds("--periods 2 --freq 5min")[0], "2022-04-12T00:05:00");
    assert_eq!(ds("--periods 2 --include-history").len(), 98 + 2);
    assert!(ds("--periods 0").is_empty());
}

#[test]
fn the_posterior_is_sampled_from_a_seed_and_judged() {
    let desk = Desk::new(200);
    let fit = |seed: u32| {
        desk.json(&format!("fit --csv sales.csv --mcmc-samples 300 --periods 20 --seed {seed}"))
    };
    let json = fit(1);
    let mcmc = &json["mcmc"];
    assert!(mcmc["rhat_max"].as_f64().unwrap() < 1.1, "{mcmc}");
    for name in ["ess_bulk_min", "ess_tail_min", "seconds"] {
        assert!(0.0 < mcmc[name].as_f64().unwrap(), "{mcmc}");
    }
    assert_eq!(mcmc["divergences"], 0);
    assert_eq!(fit(1)["forecast"], json["forecast"]);
    assert_ne!(fit(2)["forecast"], json["forecast"]);
    assert!(desk.json("fit --csv sales.csv --periods 1").get("mcmc").is_none());
}

#[test]
fn prices_are_read_by_their_own_column_names_and_weekends_are_named() {
    let desk = Desk::new(2);
    let start = "2020-01-02".parse().unwrap();
    Prices::random_walk("PETR4.SA", start, 600, 5).write_csv(&desk.path("PETR4.csv")).unwrap();
    let args = "fit --csv PETR4.csv --ds-column Date --y-column Close --country-holidays BR --freq B --periods 30";
    let out = desk.run(&format!("{args} --json"));
    let json = out.json();
    let names: Vec<&str> =
        json["unidentified"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    assert!(names.contains(&"weekly") && names.len() > 5, "{names:?}");
    assert!(out.stderr.contains("do not identify: weekly"), "{}", out.stderr);
}

#[test]
fn hours_are_forecast_with_their_times() {
    let desk = Desk::new(2);
    let mut csv = String::from("ds,y\n");
    for i in 0..240 {
        csv.push_str(&format!("2024-03-{:02} {:02}:00,{}\n", 1 + i / 24, i % 24, i % 24));
    }
    desk.write("hours.csv", &csv);
    let json = desk.json("fit --csv hours.csv --periods 24");
    assert_eq!(json["forecast"][0]["ds"], "2024-03-11T00:00:00");
    let yhat = numbers(&json["forecast"], "yhat");
    assert!((yhat[12] - 12.0).abs() < 3.0, "{yhat:?}");
}

#[test]
fn people_get_a_table_and_the_pictures_that_they_ask_for() {
    let desk = Desk::new(300);
    let out = desk.run(
        "fit --csv sales.csv --periods 40 --plot sales.svg --components parts.png --theme dark \
         --figsize 800x600",
    );
    assert_eq!(out.code, Some(0), "{}", out.report());
    for word in ["294 rows, 2022-01-03 to", "converged", "80 % interval", "28 more", "2022-12-08"] {
        assert!(out.stdout.contains(word), "{word}: {}", out.report());
    }
    assert!(desk.read("sales.svg").starts_with("<svg width=\"800\" height=\"600\""));
    let png = std::fs::read(desk.path("parts.png")).unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().height), (800, 600));
}

#[test]
fn help_names_every_command_and_option() {
    let desk = Desk::new(2);
    let help = desk.run("fit --help");
    assert_eq!(help.code, Some(0));
    for option in ["--growth", "--changepoints", "--freq", "--repeat", "--add-regressor", "--theme"]
    {
        assert!(help.stdout.contains(option), "{option}");
    }
    assert!(desk.run("--help").stdout.contains("Examples:"));
}

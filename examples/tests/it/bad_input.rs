use crate::support::Desk;

/// Runs each command, which must fail with this exit code and these words.
fn refused(desk: &Desk, cases: &[(&str, i32, &[&str])]) {
    for (args, code, words) in cases {
        let out = desk.run(args);
        assert_eq!(out.code, Some(*code), "{args}\n{}", out.report());
        assert!(out.stdout.is_empty(), "{args}\n{}", out.report());
        for word in *words {
            assert!(out.stderr.contains(word), "{args}\nno `{word}` in {}", out.report());
        }
    }
}

#[test]
fn an_option_out_of_range_is_refused_with_its_name_value_and_bound() {
    let desk = Desk::new(60);
    let fit = |option: &str| format!("fit --csv sales.csv --periods 3 {option}");
    let cases: [(&str, i32, &[&str]); 22] = [
        ("--mcmc-samples 3", 1, &["`mcmc_samples` is 3", "0 or"]),
        ("--changepoint-range 1.5", 1, &["`changepoint_range` is 1.5", "between 0 and 1"]),
        ("--changepoint-range -0.1", 1, &["`changepoint_range` is -0.1", "between 0 and 1"]),
        ("--changepoint-prior-scale 0", 1, &["`changepoint_prior_scale` is 0", "above 0"]),
        ("--changepoint-prior-scale NaN", 1, &["`changepoint_prior_scale` is NaN", "above 0"]),
        ("--seasonality-prior-scale -1", 1, &["`seasonality_prior_scale` is -1", "above 0"]),
        ("--holidays-prior-scale inf", 1, &["`holidays_prior_scale` is inf"]),
        ("--interval-width 1", 1, &["`interval_width` is 1", "between 0 and 1"]),
        ("--uncertainty-samples 100000000", 1, &["`uncertainty_samples` is 100000000"]),
        ("--weekly-seasonality 0", 1, &["`weekly_seasonality` is 0", "1 to"]),
        ("--weekly-seasonality often", 2, &["'often'", "--weekly-seasonality", "Fourier order"]),
        ("--n-changepoints -3", 2, &["'-3'", "--n-changepoints", "from 0 on"]),
        ("--growth cubic", 2, &["'cubic'", "--growth", "linear, logistic or flat"]),
        ("--seasonality-mode odd", 2, &["'odd'", "additive or multiplicative"]),
        ("--scaling none", 2, &["'none'", "absmax or minmax"]),
        ("--country-holidays XX", 1, &["`XX`", "BR"]),
        ("--add-seasonality monthly:0:3", 1, &["`period` is 0", "at least"]),
        ("--add-seasonality trend:30:3", 1, &["`trend`", "reserved"]),
        ("--changepoints 1999-01-01", 1, &["1999-01-01", "outside the history", "2022-01-03"]),
        ("--changepoints soon", 2, &["'soon'", "--changepoints", "date"]),
        ("--freq fortnight", 2, &["'fortnight'", "--freq"]),
        ("--repeat 0", 2, &["0 is not in 1..=100000"]),
    ];
    for (option, code, words) in cases {
        refused(&desk, &[(&fit(option), code, words)]);
    }
    refused(
        &desk,
        &[
            ("fit --csv sales.csv --periods 2000000000", 1, &["2000000000", "at most 1000000"]),
            ("fit --csv sales.csv --theme pink", 2, &["'pink'", "light or dark"]),
            ("fit --csv sales.csv --plot sales.gif", 2, &["'sales.gif'", ".svg or .png"]),
            ("fit --csv sales.csv --plot sales.svg --figsize 20", 1, &["`width` is 20", "320 to"]),
        ],
    );
}

#[test]
fn a_series_that_cannot_be_fitted_is_refused_with_the_place() {
    let desk = Desk::new(60);
    let files: [(&str, &str, &[&str]); 16] = [
        ("Date,Close\n2024-01-01,1\n", "", &["no column `ds`", "Date, Close", "--ds-column"]),
        ("ds,price\n2024-01-01,1\n", "", &["no column `y`", "--y-column"]),
        ("ds,y\n01/02/2024,1\n", "", &["line 2", "`01/02/2024`", "ISO"]),
        ("ds,y\n2024-01-01,1\n2024-01-02,two\n", "", &["line 3", "`y` is `two`", "number"]),
        ("ds,y\n2024-01-01,1\n2024-01-01,2\n2024-01-02,3\n", "", &["2024-01-01"]),
        ("ds,y\n2024-01-01,1\n2024-01-02,inf\n", "", &["`y` is inf", "2024-01-02", "finite"]),
        ("ds,y\n2024-01-01,1\n2024-01-02,\n", "", &["1 rows with a value", "at least 2"]),
        ("ds,y\n", "", &["0 rows with a value"]),
        ("ds,y\n2024-01-01,1,5\n", "", &["`bad.csv`", "line 2 has 3 values for 2 columns"]),
        ("ds,y\n2024-01-01,\"1,5\"\n", "", &["line 2", "`1,5`", "decimal comma"]),
        ("ds;y\n2024-01-01;1.234,5\n", "", &["line 2", "`1.234,5`", "thousands"]),
        ("Data;y\n2024-01-01;1\n", "", &["it has Data, y", "--ds-column 'Data'"]),
        ("ds,y,y\n2024-01-01,1,5\n", "", &["two columns `y`"]),
        ("\n", "", &["`bad.csv` is empty"]),
        ("", "", &["`bad.csv` is empty", "ds,y"]),
        (
            "ds,y\n2024-01-01,1\n2024-01-02,2\n",
            "--growth logistic",
            &["`cap`", "logistic", "--cap"],
        ),
    ];
    for (text, option, words) in files {
        desk.write("bad.csv", text);
        let args = format!("fit --csv bad.csv --periods 3 {option}");
        refused(&desk, &[(args.trim_end(), 1, words)]);
    }
    std::fs::write(desk.path("latin1.csv"), b"ds,a\xe7ao,y\n2024-01-01,1,2\n").unwrap();
    std::fs::write(desk.path("utf16.csv"), b"\xff\xfed\0s\0").unwrap();
    refused(
        &desk,
        &[
            ("fit --csv latin1.csv", 1, &["line 1 is not UTF-8 text", "hint: save it as UTF-8"]),
            ("fit --csv utf16.csv", 1, &["`utf16.csv` is UTF-16 text", "save it as UTF-8"]),
            ("fit --csv absent.csv", 1, &["cannot open `absent.csv`"]),
            (
                "fit --csv sales.csv --growth logistic --cap 5 --floor 9",
                1,
                &["`cap` is 5", "floor 9"],
            ),
            ("fit --csv sales.csv --add-regressor weather", 1, &["`weather`"]),
            ("fit", 2, &["--csv"]),
        ],
    );
}

#[test]
fn a_model_file_that_is_none_is_refused() {
    let desk = Desk::new(60);
    desk.json("fit --csv sales.csv --periods 0 --model whole.json");
    let whole = desk.read("whole.json");
    for share in [0.0, 0.001, 0.3, 0.9, 0.9999] {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let cut = (share * whole.len() as f64) as usize;
        desk.write("cut.json", &whole[..cut]);
        let words: &[&str] = &["cannot read the model `cut.json`", "hint:", "model_to_json"];
        refused(&desk, &[("predict --model cut.json --periods 3", 1, words)]);
    }
    refused(
        &desk,
        &[
            ("predict --model sales.csv --periods 3", 1, &["not the JSON of a Prophet model"]),
            ("predict --model absent.json --periods 3", 1, &["cannot open `absent.json`"]),
            ("predict --model whole.json", 2, &["--ds", "--periods"]),
            ("predict --model whole.json --periods 0", 1, &["no dates to predict"]),
        ],
    );
}

#[test]
fn a_cross_validation_without_room_is_refused() {
    let desk = Desk::new(60);
    refused(
        &desk,
        &[
            ("cv --csv sales.csv --horizon 900_days", 1, &["900 days", "2022-01-03"]),
            ("cv --csv sales.csv --horizon 10_days --initial 400_days", 1, &["400 days"]),
            ("cv --csv sales.csv --horizon 0_days", 1, &["`horizon` is 0 days", "above"]),
            ("cv --csv sales.csv --horizon tomorrow", 2, &["'tomorrow'", "365 days"]),
            ("cv --csv sales.csv --horizon 10_days --metric luck", 1, &["luck", "mape"]),
            ("cv --csv sales.csv", 2, &["--horizon"]),
        ],
    );
}

#[test]
fn stan_says_how_it_is_built_in() {
    let desk = Desk::new(60);
    if cfg!(feature = "stan") {
        assert_eq!(desk.json("fit --csv sales.csv --optimizer stan --periods 1")["fits"], 1);
    } else {
        let words: &[&str] = &["`--optimizer` is stan", "--features stan"];
        refused(&desk, &[("fit --csv sales.csv --optimizer stan", 1, words)]);
    }
}

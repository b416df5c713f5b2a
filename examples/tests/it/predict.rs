use crate::support::{Desk, numbers};

#[test]
fn a_model_goes_through_its_file_without_a_change() {
    let desk = Desk::new(300);
    let fit = desk.json("fit --csv sales.csv --periods 20 --model sales.json");
    let again = desk.json("predict --model sales.json --periods 20");
    assert_eq!(again, fit["forecast"]);
    desk.write("in_a_string.json", &serde_json::to_string(&desk.read("sales.json")).unwrap());
    assert_eq!(desk.json("predict --model in_a_string.json --periods 20"), again);
}

#[test]
fn rows_of_a_file_are_predicted_in_their_order_with_their_columns() {
    let desk = Desk::new(300);
    let args = "fit --csv sales.csv --periods 0 --add-regressor promotion --model m.json";
    desk.json(args);
    desk.write("rows.csv", "promotion,ds\n0,2023-01-03\n1,2023-01-03\n0,2023-01-01\n");
    let json = desk.json("predict --model m.json --ds rows.csv");
    assert_eq!(json[2]["ds"], "2023-01-01");
    let yhat = numbers(&json, "yhat");
    assert!((yhat[1] - yhat[0] - 3.0).abs() < 0.3, "a promotion sells three more: {yhat:?}");
    let out = desk.run("predict --model m.json --periods 3");
    assert_eq!(out.code, Some(1));
    for word in ["`promotion`", "hint:", "--ds"] {
        assert!(out.stderr.contains(word), "{word}: {}", out.report());
    }
    let with_rows = desk.json("fit --csv sales.csv --add-regressor promotion --ds rows.csv");
    assert_eq!(with_rows["forecast"], json);
}

#[test]
fn caps_are_given_for_all_rows_or_by_column() {
    let desk = Desk::new(300);
    let by_option =
        desk.json("fit --csv sales.csv --growth logistic --cap 60 --periods 10 --model m.json");
    let again = desk.json("predict --model m.json --periods 10 --cap 60");
    assert_eq!(again, by_option["forecast"]);
    desk.write("rows.csv", "ds,cap\n2022-11-01,60\n");
    let row = desk.json("predict --model m.json --ds rows.csv");
    assert!((numbers(&row, "yhat")[0] - numbers(&again, "yhat")[2]).abs() < 1e-9);
    let by_column = desk.json("fit --csv sales.csv --growth logistic --periods 0");
    assert_eq!(by_column["log_posterior"], by_option["log_posterior"]);
}

#[test]
fn a_prediction_can_be_drawn() {
    let desk = Desk::new(200);
    desk.json("fit --csv sales.csv --periods 0 --model m.json");
    desk.json("predict --model m.json --periods 30 --plot p.svg --components c.svg");
    assert!(desk.read("p.svg").contains("changepoint"));
    assert!(desk.read("c.svg").contains("Weekly"));
    let text = desk.run("predict --model m.json --periods 3").stdout;
    assert!(text.contains("2022-07-22"), "{text}");
}

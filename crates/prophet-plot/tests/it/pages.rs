use prophet_plot::{ComponentOptions, Page, PlotError, PlotOptions, Theme, plot, plot_components};

use crate::support::{checked_svg, daily};

#[test]
fn a_page_has_bounds_that_its_errors_name() {
    let (fitted, forecast) = daily();
    let figure = plot(&fitted, &forecast, &PlotOptions::default()).unwrap();
    let cases = [
        (Page::sized(319, 600, Theme::Light), "`width` is 319, it must be 320 to 16000 pixels"),
        (Page::sized(800, 0, Theme::Light), "`height` is 0, it must be 240 to 16000 pixels"),
        (Page::sized(16_000, 16_000, Theme::Light), "`area` is 256000000, it must be at most"),
    ];
    for (page, message) in cases {
        let error = figure.svg(&page).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        assert!(figure.png(&page).is_err());
    }
}

#[test]
fn panels_without_room_are_refused_with_the_height_that_they_need() {
    let (fitted, forecast) = daily();
    let figure = plot_components(&fitted, &forecast, &ComponentOptions::default()).unwrap();
    let error = figure.svg(&Page::sized(900, 240, Theme::Light)).unwrap_err();
    let PlotError::Page { field: "height", value: 240, allowed } = &error else {
        panic!("{error}");
    };
    let height: u32 = allowed.split(' ').find_map(|word| word.parse().ok()).unwrap();
    figure.svg(&Page::sized(900, height + 10, Theme::Light)).unwrap();
}

#[test]
fn a_long_title_is_cut_before_it_leaves_the_page() {
    let (fitted, forecast) = daily();
    let figure = plot(&fitted, &forecast, &PlotOptions::default())
        .unwrap()
        .titled(&"A title that goes on ".repeat(20), &"and a subtitle too ".repeat(30));
    for width in [320, 700, 1600] {
        let page = Page { width, ..Page::default() };
        let svg = checked_svg(&format!("title_{width}"), &figure, &page);
        assert_eq!(svg.matches('…').count(), 2, "{width}");
    }
}

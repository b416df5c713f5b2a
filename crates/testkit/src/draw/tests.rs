use super::Draw;

#[test]
fn the_stream_is_the_published_one() {
    // The first outputs of SplitMix64 for seed 1234567, from its reference code.
    let mut draw = Draw::new(1_234_567);
    assert_eq!(
        [draw.next(), draw.next(), draw.next()],
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
    );
}

#[test]
fn normal_draws_have_mean_zero_and_variance_one() {
    let mut draw = Draw::new(7);
    let xs: Vec<f64> = (0..20_000).map(|_| draw.normal()).collect();
    let mean = xs.iter().sum::<f64>() / xs.len() as f64;
    let variance = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / xs.len() as f64;
    // Four standard errors of either at this size.
    assert!(mean.abs() < 0.03, "{mean}");
    assert!((variance - 1.0).abs() < 0.04, "{variance}");
}

//! The quantile of the standard normal distribution.

/// Its argument where the middle formula gives way to the tail's.
const MIDDLE: f64 = 0.425;

/// The quantile at `share`, which is inside (0, 1) and at least 1e-11 away from
/// its ends; to about 1e-16, relative.
///
/// # Source
///
/// Wichura, *Algorithm AS 241: The Percentage Points of the Normal Distribution*
/// (1988), `PPND16`, without its far tail.
pub(super) fn quantile(share: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_4,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_855,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    let q = share - 0.5;
    if q.abs() <= MIDDLE {
        let r = MIDDLE * MIDDLE - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let r = (-share.min(1.0 - share).ln()).sqrt() - 1.6;
    (polynomial(&C, r) / polynomial(&D, r)).copysign(q)
}

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

use super::*;

/// Every width of register that this machine has.
pub(crate) fn archs() -> Vec<Arch> {
    let mut all = vec![Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all.extend(pulp::x86::V4::try_new().map(Arch::V4));
    }
    all
}

/// Applies the functions to one number in every lane.
struct Each(f64);

impl WithSimd for Each {
    type Output = [f64; 4];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f64; 4] {
        let x = simd.splat_f64s(self.0);
        let ((sine, cosine), (share, rest)) = (sin_cos(simd, x), sigmoid(simd, x));
        let first = |value: S::f64s| simd.reduce_max_f64s(value);
        [first(sine), first(cosine), first(share), first(rest)]
    }
}

#[test]
fn functions_over_registers_are_those_of_single_numbers() {
    let cases = archs().into_iter().flat_map(|arch| (-3_000..3_000).map(move |i| (arch, i)));
    for (arch, i) in cases {
        let x = f64::from(i) * 0.013_7;
        let [sine, cosine, share, rest] = arch.dispatch(Each(x));
        let (s, c) = ((x - x.round()) * std::f64::consts::TAU).sin_cos();
        assert!((sine - s).abs() < 1e-15 && (cosine - c).abs() < 1e-15, "{x}: {sine} {cosine}");
        for (found, expected) in [(share, 1.0 / (1.0 + (-x).exp())), (rest, 1.0 / (1.0 + x.exp()))]
        {
            assert!((found / expected - 1.0).abs() < 1e-14, "{x}: {found}, {expected}");
        }
    }
}

#[test]
fn the_logistic_function_of_anything_finite_is_a_share() {
    for x in [-1e300, -800.0, -700.5, -36.0, 0.0, 36.0, 700.5, 1e300] {
        let [.., share, rest] = Arch::new().dispatch(Each(x));
        assert!((0.0..=1.0).contains(&share) && (0.0..=1.0).contains(&rest), "{x}: {share}");
        assert!((share + rest - 1.0).abs() < 1e-15, "{x}: {share} + {rest}");
    }
}

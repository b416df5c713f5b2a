//! What the machine is, and what one core of it can do.

use std::{hint::black_box, process::Command, time::Instant};

use pulp::{Arch, Simd, WithSimd};

/// The processor as `lscpu` names it, or nothing where there is no such program.
pub(crate) fn processor() -> Option<String> {
    let out = Command::new("lscpu").env("LC_ALL", "C").output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let field = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let flags = field("Flags:").unwrap_or_default();
    let has = |flag: &str| flags.split(' ').any(|known| known == flag);
    let width = if has("avx512f") {
        "AVX-512"
    } else if has("avx2") {
        "AVX2"
    } else {
        "no AVX2"
    };
    let (model, cpus) = (field("Model name:")?, field("CPU(s):")?);
    let family = field("CPU family:").unwrap_or_default();
    let kind = field("Model:").unwrap_or_default();
    Some(format!("{model} (family {family}, model {kind}, {width}), {cpus} cores"))
}

/// How many processes wanted a core over the last minutes, where the system tells.
pub(crate) fn load() -> Option<String> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    Some(text.split(' ').take(3).collect::<Vec<_>>().join(", "))
}

/// Independent sums that hide the latency of one multiply-add: four cycles, two a cycle,
/// and as many again.
const SUMS: usize = 16;

struct Peak;

impl WithSimd for Peak {
    /// Floating point operations a second.
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        const STEPS: usize = 200_000;
        let lanes = size_of::<S::f64s>() / size_of::<f64>();
        let (a, b) = (simd.splat_f64s(black_box(0.999)), simd.splat_f64s(black_box(1e-9)));
        let mut best = 0.0_f64;
        for _ in 0..30 {
            let mut sums = [simd.splat_f64s(black_box(1.0)); SUMS];
            let start = Instant::now();
            for _ in 0..STEPS {
                for sum in &mut sums {
                    *sum = simd.mul_add_e_f64s(*sum, a, b);
                }
            }
            let seconds = start.elapsed().as_secs_f64();
            let total: f64 = sums.iter().map(|&sum| simd.reduce_sum_f64s(sum)).sum();
            black_box(total);
            best = best.max((2 * lanes * SUMS * STEPS) as f64 / seconds);
        }
        best
    }
}

/// Multiply-adds in registers, as operations a second: the ceiling of everything here.
pub(crate) fn peak_flops() -> f64 {
    Arch::new().dispatch(Peak)
}

/// Bytes a second that one core reads from memory.
pub(crate) fn memory_bandwidth() -> f64 {
    // Far larger than any cache.
    let data = vec![1.0_f64; 1 << 25];
    let read = || {
        let start = Instant::now();
        let mut sums = [0.0; 32];
        for chunk in data.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value;
            }
        }
        black_box(sums);
        size_of_val(data.as_slice()) as f64 / start.elapsed().as_secs_f64()
    };
    (0..5).map(|_| read()).fold(0.0, f64::max)
}

//! The counts of requests as Prometheus has them.

use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType,
};

use super::tally::{BOUNDS_NS, DurationsTotal, Total};
use super::{CLASSES, METHODS, ROUTES};

/// A series appears with its first request.
pub(super) fn families(total: &Total) -> Vec<MetricFamily> {
    let mut requests = Vec::new();
    for (route, methods) in ROUTES.iter().zip(&total.requests) {
        for (method, classes) in METHODS.iter().zip(methods) {
            for (status, n) in CLASSES.iter().zip(classes).filter(|(_, n)| **n != 0) {
                let labels = [("method", *method), ("route", *route), ("status", *status)];
                let mut counter = Counter::default();
                counter.set_value(*n as f64);
                let mut metric = labelled(&labels);
                metric.set_counter(counter);
                requests.push(metric);
            }
        }
    }
    let durations = ROUTES.iter().zip(&total.durations).filter_map(|(route, durations)| {
        let mut metric = labelled(&[("route", *route)]);
        metric.set_histogram(histogram(durations)?);
        Some(metric)
    });
    let mut gauge = Gauge::default();
    gauge.set_value(total.n_in_flight as f64);
    let mut in_flight = Metric::default();
    in_flight.set_gauge(gauge);
    let durations_help = "From the head of a request to its answer, without the way to the client.";
    let families = [
        ("http_requests_total", "Requests that were answered.", MetricType::COUNTER, requests),
        (
            "http_request_duration_seconds",
            durations_help,
            MetricType::HISTOGRAM,
            durations.collect(),
        ),
        ("http_requests_in_flight", "Requests being answered.", MetricType::GAUGE, vec![in_flight]),
    ];
    let named = families.into_iter().filter(|(.., metrics)| !metrics.is_empty());
    named.map(|(name, help, kind, metrics)| family(name, help, kind, metrics)).collect()
}

fn family(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn labelled(labels: &[(&str, &str)]) -> Metric {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    Metric::from_label(labels.iter().map(pair).collect())
}

/// None before the first request of the route.
fn histogram(durations: &DurationsTotal) -> Option<Histogram> {
    let n_requests = durations.buckets.iter().sum();
    if n_requests == 0 {
        return None;
    }
    let mut n_below = 0;
    let buckets = BOUNDS_NS.iter().zip(&durations.buckets).map(|(bound_ns, n)| {
        n_below += n;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound_ns as f64 / 1e9);
        bucket.set_cumulative_count(n_below);
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(n_requests);
    histogram.set_sample_sum(durations.total_ns as f64 / 1e9);
    Some(histogram)
}

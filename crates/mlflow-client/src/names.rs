//! Names for runs that nobody named, as MLflow makes them up.

use uuid::Uuid;

const QUALITIES: [&str; 32] = [
    "amber", "ample", "brisk", "calm", "civil", "clear", "crisp", "deft", "eager", "early", "fair",
    "firm", "fresh", "glad", "grand", "keen", "kind", "light", "lively", "lucid", "mild", "neat",
    "noble", "patient", "plain", "prime", "quick", "quiet", "steady", "swift", "warm", "wise",
];

const ANIMALS: [&str; 32] = [
    "agouti",
    "anaconda",
    "anteater",
    "armadillo",
    "bentevi",
    "caiman",
    "capybara",
    "coati",
    "curassow",
    "dorado",
    "gecko",
    "guanaco",
    "heron",
    "ibis",
    "jabiru",
    "jaguar",
    "macaw",
    "manatee",
    "margay",
    "marmoset",
    "ocelot",
    "otter",
    "paca",
    "peccary",
    "piranha",
    "puma",
    "rhea",
    "seriema",
    "sloth",
    "tamarin",
    "tapir",
    "toucan",
];

/// Makes a name up: a quality, an animal and a number below 1000.
pub(crate) fn made_up() -> String {
    let (bits, more) = Uuid::new_v4().as_u64_pair();
    let of = |words: [&'static str; 32], bits: u64| words[(bits % 32) as usize];
    format!("{}-{}-{}", of(QUALITIES, bits >> 32), of(ANIMALS, more & 0xFFFF), bits % 1000)
}

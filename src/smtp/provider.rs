//! Networks that providers of mail send from, for all of their customers.
//! Only warnings rest on them: they change, and are not complete.

use super::network::Network;

const RANGES: [(&str, &[&str]); 2] = [
    (
        "Exchange Online",
        &[
            "40.92.0.0/15",
            "40.107.0.0/16",
            "52.100.0.0/14",
            "104.47.0.0/17",
            "2a01:111:f400::/48",
            "2a01:111:f403::/48",
        ],
    ),
    (
        "Google Workspace",
        &[
            "35.190.247.0/24",
            "64.233.160.0/19",
            "66.102.0.0/20",
            "66.249.80.0/20",
            "72.14.192.0/18",
            "74.125.0.0/16",
            "108.177.8.0/21",
            "172.217.0.0/19",
            "173.194.0.0/16",
            "209.85.128.0/17",
            "216.58.192.0/19",
            "216.239.32.0/19",
            "2001:4860:4000::/36",
            "2404:6800:4000::/36",
            "2607:f8b0:4000::/36",
            "2800:3f0:4000::/36",
            "2a00:1450:4000::/36",
            "2c0f:fb50:4000::/36",
        ],
    ),
];

/// The provider some of whose addresses are in this network.
pub fn provider_in(network: Network) -> Option<&'static str> {
    let shared = |range: &&str| {
        let range: Network = range.parse().expect("a network, as the test below finds");
        network.overlaps(range)
    };
    let (provider, _) = RANGES
        .iter()
        .find(|(_, ranges)| ranges.iter().any(shared))?;
    Some(provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_with_addresses_of_providers_are_known() {
        let check = |network: &str, expected: Option<&str>| {
            let network = network.parse().expect(network);
            assert_eq!(provider_in(network), expected, "{network}");
        };
        check("40.107.0.0/16", Some("Exchange Online"));
        check("40.92.17.5", Some("Exchange Online"));
        check("0.0.0.0/0", Some("Exchange Online"));
        check("209.85.0.0/16", Some("Google Workspace"));
        check("2a00:1450:4864::/56", Some("Google Workspace"));
        check("10.0.0.0/8", None);
        check("192.0.2.0/24", None);
        check("::1", None);
        check("2001:db8::/32", None);
    }
}

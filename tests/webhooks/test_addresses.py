"""Which addresses are public: every range of the registries of special addresses, at its ends and just outside."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_app.webhooks.addresses import Guard, is_public, read_ranges

# The IANA registries of special-purpose addresses, the multicast ranges, and what clouds keep for themselves.
SPECIAL = {
    "this network": "0.0.0.0/8",
    "private, large": "10.0.0.0/8",
    "shared by carriers": "100.64.0.0/10",
    "this machine": "127.0.0.0/8",
    "link local": "169.254.0.0/16",
    "private, middle": "172.16.0.0/12",
    "protocol assignments": "192.0.0.0/24",
    "documentation 1": "192.0.2.0/24",
    "AS112": "192.31.196.0/24",
    "AMT": "192.52.193.0/24",
    "6to4 relays": "192.88.99.0/24",
    "private, small": "192.168.0.0/16",
    "AS112 delegation": "192.175.48.0/24",
    "benchmarks": "198.18.0.0/15",
    "documentation 2": "198.51.100.0/24",
    "documentation 3": "203.0.113.0/24",
    "multicast": "224.0.0.0/4",
    "reserved": "240.0.0.0/4",
    "broadcast": "255.255.255.255/32",
    "Azure's own": "168.63.129.16/32",
    "v6 unspecified": "::/128",
    "v6 this machine": "::1/128",
    "v4-compatible": "::/96",
    "v4-translated": "::ffff:0:0:0/96",
    "NAT64": "64:ff9b::/96",
    "NAT64, local": "64:ff9b:1::/48",
    "discard": "100::/64",
    "dummy": "100:0:0:1::/64",
    "v6 protocol assignments": "2001::/23",
    "Teredo": "2001::/32",
    "PCP anycast": "2001:1::1/128",
    "v6 benchmarks": "2001:2::/48",
    "v6 AMT": "2001:3::/32",
    "v6 AS112": "2001:4:112::/48",
    "ORCHID": "2001:10::/28",
    "ORCHID 2": "2001:20::/28",
    "drone ids": "2001:30::/28",
    "v6 documentation": "2001:db8::/32",
    "6to4": "2002::/16",
    "v6 AS112 delegation": "2620:4f:8000::/48",
    "v6 documentation 2": "3fff::/20",
    "segment routing": "5f00::/16",
    "unique local": "fc00::/7",
    "v6 link local": "fe80::/10",
    "site local": "fec0::/10",
    "v6 multicast": "ff00::/8",
}
NEIGHBOURS = """
    1.0.0.0  9.255.255.255  11.0.0.0  100.63.255.255  100.128.0.0  126.255.255.255  128.0.0.0
    168.63.129.15  168.63.129.17  169.253.255.255  169.255.0.0  172.15.255.255  172.32.0.0
    191.255.255.255  192.0.1.0  192.0.1.255  192.0.3.0  192.31.195.255  192.31.197.0  192.52.192.255  192.52.194.0
    192.88.98.255  192.88.100.0  192.167.255.255  192.169.0.0  192.175.47.255  192.175.49.0
    198.17.255.255  198.20.0.0  198.51.99.255  198.51.101.0  203.0.112.255  203.0.114.0  223.255.255.255
    2001:200::  2001:db7:ffff:ffff:ffff:ffff:ffff:ffff  2001:db9::  2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff  2003::
    2620:4f:7fff:ffff:ffff:ffff:ffff:ffff  2620:4f:8001::  3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff  3fff:1000::
    2000::  3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
"""
PUBLIC = "1.1.1.1 8.8.8.8 93.184.216.34 2606:4700::1111 2001:4860:4860::8888 2a00:1450:4001:81b::200e"
METADATA = "169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 fd00:ec2::254 fe80::a9fe:a9fe"
ADDRESSES_4, ADDRESSES_6 = st.ip_addresses(v=4), st.ip_addresses(v=6)


def ends_and_middle(network: str) -> set[str]:
    whole = ip_network(network)
    middle = whole[whole.num_addresses // 2]
    return {str(address) for address in (whole[0], middle, whole[-1])}


@pytest.mark.parametrize("network", SPECIAL.values(), ids=SPECIAL)
def test_no_special_range_is_public_from_its_first_address_to_its_last(network: str) -> None:
    assert [address for address in ends_and_middle(network) if is_public(ip_address(address))] == []


@pytest.mark.parametrize("address", METADATA.split())
def test_no_address_at_which_clouds_tell_secrets_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", [*NEIGHBOURS.split(), *PUBLIC.split()])
def test_the_neighbours_of_special_ranges_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(ADDRESSES_4)
def test_an_address_mapped_into_version_6_is_as_public_as_it_is_without(address: IPv4Address) -> None:
    assert is_public(IPv6Address(f"::ffff:{address}")) == is_public(address)


@given(ADDRESSES_4, st.sampled_from(["::{}", "::ffff:0:{}", "64:ff9b::{}", "64:ff9b:1::{}", "fe80::5efe:{}"]))
def test_an_address_wrapped_in_any_other_way_is_not_public(address: IPv4Address, wrapping: str) -> None:
    assert not is_public(IPv6Address(wrapping.format(address)))


@given(ADDRESSES_4)
def test_an_address_inside_6to4_or_teredo_is_not_public(address: IPv4Address) -> None:
    number = int(address)
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80) | 1)
    teredo = IPv6Address((0x2001_0000 << 96) | (number ^ 0xFFFF_FFFF))
    assert (six_to_four.sixtofour, is_public(six_to_four)) == (address, False)
    assert (teredo.teredo and teredo.teredo[1], is_public(teredo)) == (address, False)


@given(ADDRESSES_6)
def test_of_version_6_only_what_python_calls_global_is_public(address: IPv6Address) -> None:
    if is_public(address) and address.ipv4_mapped is None:
        assert address.is_global
        assert address in ip_network("2000::/3")


@given(ADDRESSES_4)
def test_of_version_4_only_what_python_calls_global_is_public(address: IPv4Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


# The guard.


@pytest.mark.parametrize("address", PUBLIC.split())
@pytest.mark.parametrize("port", [1, 22, 80, 442, 443, 444, 8080, 8443, 65_535])
@pytest.mark.parametrize("https", [True, False])
def test_public_addresses_are_reached_by_https_at_two_ports_only(address: str, port: int, *, https: bool) -> None:
    assert Guard().admits(ip_address(address), port, https=https) == (https and port in {443, 8443})


@pytest.mark.parametrize("address", ["127.0.0.1", "127.255.255.255", "::ffff:127.0.0.1", "fd00::7"])
@pytest.mark.parametrize(("port", "https"), [(443, True), (80, False), (5_000, False), (5_000, True)])
def test_an_allowed_range_is_reached_in_any_way(address: str, port: int, *, https: bool) -> None:
    assert Guard(read_ranges("127.0.0.0/8, fd00::/8")).admits(ip_address(address), port, https=https)


@pytest.mark.parametrize("address", ["126.255.255.255", "128.0.0.0", "10.0.0.1", "::1", "fe00::1", "::ffff:10.0.0.1"])
def test_an_allowed_range_opens_nothing_beside_itself(address: str) -> None:
    assert not Guard(read_ranges("127.0.0.0/8 fd00::/8")).admits(ip_address(address), 80, https=False)


def test_an_allowed_range_closes_nothing() -> None:
    assert Guard(read_ranges("127.0.0.0/8")).admits(ip_address("1.1.1.1"), 443, https=True)

"""What moto can't make: ways out that are gone, zones without EKS, full subnets, transit gateways."""

from typing import Any

from planning.aws.existing_network import FoundNetwork, FoundSubnet, Wanted, judged

WANTED = Wanted(
    region="us-east-1",
    private_subnet_ids=("subnet-a", "subnet-b"),
    public_subnet_ids=(),
    addresses=100,
    allowed_blocks=("10.0.0.0/8",),
)


def subnet(letter: str, **changes: Any) -> FoundSubnet:
    values: dict[str, Any] = {
        "id": f"subnet-{letter}",
        "vpc_id": "vpc-1",
        "zone": f"us-east-1{letter}",
        "zone_id": f"use1-az{ord(letter) - 96}",
        "free_addresses": 200,
        "public_addresses": False,
        "route_table": "rtb-1",
        "way_out": "tgw-1",
    }
    return FoundSubnet(**(values | changes))


def said(*subnets: FoundSubnet, wanted: Wanted = WANTED, **changes: Any) -> list[tuple[str, bool]]:
    values: dict[str, Any] = {
        "vpc_id": "vpc-1", "blocks": ("10.1.0.0/16",), "dns_support": True, "dns_hostnames": True,
        "endpoints": {"s3": frozenset({"rtb-1"})},
    }  # fmt: skip
    found = FoundNetwork(subnets=subnets, **(values | changes))
    return [(one.sentence, one.wrong) for one in judged(found, wanted)]


def test_a_transit_gateway_is_a_way_out() -> None:
    assert said(subnet("a"), subnet("b")) == []


def test_a_blackhole_is_none() -> None:
    ((sentence, wrong),) = said(subnet("a", way_out="nat-1", way_out_works=False), subnet("b"))
    assert wrong
    assert "subnet-a (us-east-1a) leaves by nat-1, which is gone (a blackhole in rtb-1)" in sentence


def test_a_zone_that_eks_does_not_take() -> None:
    ((sentence, wrong),) = said(subnet("a", zone_id="use1-az3"), subnet("b"))
    assert wrong
    assert "us-east-1a (use1-az3), where EKS takes no subnets" in sentence


def test_a_full_subnet() -> None:
    ((sentence, wrong),) = said(subnet("a", free_addresses=5), subnet("b"))
    assert wrong
    assert "subnet-a has 5 free addresses; EKS needs 6 in each" in sentence


def test_buckets_by_the_gigabyte() -> None:
    found = said(subnet("a"), subnet("b", route_table="rtb-2"))
    ((sentence, wrong),) = found
    assert not wrong
    assert "subnet-b (us-east-1b) has no S3 gateway endpoint on its route table" in sentence
    # An interface endpoint serves all subnets; endpoints that weren't asked for are no finding.
    assert said(subnet("a"), subnet("b", route_table="rtb-2"), endpoints={"s3": frozenset()}) == []
    assert said(subnet("a"), subnet("b", route_table="rtb-2"), endpoints=None) == []


def test_a_public_subnet_that_gives_addresses_is_a_warning() -> None:
    ((sentence, wrong),) = said(subnet("a", way_out="igw-1", public_addresses=True), subnet("b"))
    assert not wrong
    assert "each node has a public address" in sentence


def test_without_a_way_out_the_program_says_who_can_look() -> None:
    found = said(subnet("a", way_out=None), subnet("b"), endpoints=None)
    ((sentence, wrong),) = found
    assert not wrong
    assert "`lgtm validate --aws` looks for them" in sentence


def test_a_secondary_block_that_no_policy_allows() -> None:
    ((sentence, wrong),) = said(subnet("a"), subnet("b"), blocks=("10.1.0.0/16", "11.0.0.0/16"))
    assert wrong
    assert "11.0.0.0/16 of vpc-1 are in none of 10.0.0.0/8" in sentence

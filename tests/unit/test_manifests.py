"""The Kubernetes manifests: they say what the contract says, and hold under their own schemas.

They were never run here, because there is no cluster. What can be known without one is checked:
the core objects against Kubernetes' published schemas, Strimzi's objects against the definitions
that Strimzi's own generator writes.
"""

from __future__ import annotations

import copy
import re
import subprocess
import tomllib
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.brokers.rules import PRINCIPAL_RULE, everywhere
from deploy.documents import stale, write
from deploy.manifests import MANIFESTS
from deploy.manifests.properties import BROKERS
from schemas.access import Right, principals, rights
from schemas.topics import REPLICAS, named_topics
from tests.unit.deployment import (
    DEPLOY,
    KUBERNETES,
    ROOT,
    STRIMZI_KINDS,
    Node,
    Strimzi,
    label,
    of_kind,
    pods,
    resources,
    tool,
)

KUBERNETES_VERSION = "1.37"
OURS = [node for node in resources() if "strimzi.io" in node["apiVersion"]]
CORE = [node for node in resources() if "strimzi.io" not in node["apiVersion"]]
PODS = pods()

each_pod = pytest.mark.parametrize("maker", PODS)


# --- What follows from the contract --------------------------------------------------------------


def test_every_generated_manifest_is_current() -> None:
    assert stale(DEPLOY, MANIFESTS) == [], "run: southmed docs generate"


def test_a_manifest_that_was_touched_is_noticed_and_mended(tmp_path: Path) -> None:
    assert write(tmp_path, MANIFESTS) == list(MANIFESTS)
    (tmp_path / "kubernetes/users.yaml").write_text("nothing", encoding="utf-8")
    assert stale(tmp_path, MANIFESTS) == ["kubernetes/users.yaml"]
    assert write(tmp_path, MANIFESTS) == ["kubernetes/users.yaml"]


def test_every_topic_is_there_as_the_contract_has_it() -> None:
    found = {
        node["metadata"]["name"]: (
            node["spec"]["partitions"],
            node["spec"]["replicas"],
            node["spec"]["config"],
        )
        for node in of_kind("KafkaTopic")
    }
    due = {
        name: (topic.partitions, REPLICAS, topic.settings()) for name, topic, _ in named_topics()
    }
    assert found == due


def test_every_right_is_there_and_no_other() -> None:
    """Read back by the words of Kafka's documentation, not by the table that wrote them."""
    found = set()
    for user in of_kind("KafkaUser"):
        for acl in user["spec"]["authorization"]["acls"]:
            assert acl["type"] == "allow"
            thing = acl["resource"]
            pattern = {"prefix": "prefixed"}.get(thing.get("patternType"), "literal")
            for operation in acl["operations"]:
                words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).upper()
                name = thing.get("name", "kafka-cluster")
                found.add(Right(user["metadata"]["name"], thing["type"], name, pattern, words))
    assert found == rights()


def test_every_quota_is_there_and_no_other() -> None:
    found = {
        user["metadata"]["name"]: tuple(user["spec"]["quotas"].values())
        for user in of_kind("KafkaUser")
        if "quotas" in user["spec"]
    }
    assert found == {
        name: (row.quota.producer_byte_rate, row.quota.consumer_byte_rate)
        for name, row in principals().items()
        if row.quota
    }


def test_no_key_of_a_principal_is_made_in_the_cluster() -> None:
    """Without a word on authentication Strimzi makes no key, and calls the user by its name."""
    assert [label(user) for user in of_kind("KafkaUser") if "authentication" in user["spec"]] == []


def test_brokers_hold_to_the_settings_that_hold_everywhere() -> None:
    (kafka,) = of_kind("Kafka")
    assert kafka["spec"]["kafka"]["config"] == everywhere()
    assert kafka["spec"]["kafka"]["authorization"] == {"type": "simple"}
    (pool,) = of_kind("KafkaNodePool")
    assert pool["spec"]["replicas"] == len(BROKERS)


def test_every_listener_asks_for_a_certificate_over_tls() -> None:
    (kafka,) = of_kind("Kafka")
    for listener in kafka["spec"]["kafka"]["listeners"]:
        assert listener["tls"] is True
        asked = listener["authentication"]["listenerConfig"]
        assert asked["ssl.client.auth"] == "required"
        assert asked["ssl.principal.mapping.rules"] == PRINCIPAL_RULE


@pytest.mark.parametrize(
    ("subject", "principal"),
    [
        *((f"CN={name},O=southmed", name) for name in principals()),
        *((f"CN=broker.{node},O=southmed", f"broker.{node}") for node in BROKERS),
        # Whatever is not exactly ours keeps its whole subject, to which nothing is granted.
        *(
            (subject, subject)
            for subject in (
                "CN=operator",
                "CN=operator,O=elsewhere",
                "CN=operator,OU=x,O=southmed",
                "CN=operator,O=southmed,C=TN",
                "O=southmed,CN=operator",
                "CN=Operator,O=southmed",
            )
        ),
    ],
)
def test_a_subject_becomes_the_principal_of_the_contract(subject: str, principal: str) -> None:
    rule = re.fullmatch(r"RULE:(.*)/(.*)/,DEFAULT", PRINCIPAL_RULE)
    assert rule
    match = re.fullmatch(rule[1], subject)
    assert (match.expand(rule[2].replace("$", "\\")) if match else subject) == principal


# --- Under their own schemas ---------------------------------------------------------------------


@pytest.mark.parametrize("node", CORE, ids=label)
def test_core_objects_hold_under_kubernetes_schemas(node: Node) -> None:
    kubernetes_validate.validate(node, KUBERNETES_VERSION, strict=True)


def test_a_core_object_with_an_unknown_field_would_be_noticed() -> None:
    node = copy.deepcopy(of_kind("StatefulSet")[0])
    node["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(node, KUBERNETES_VERSION, strict=True)


@pytest.fixture(scope="module")
def strimzi(tmp_path_factory: pytest.TempPathFactory) -> Strimzi:
    return Strimzi(tmp_path_factory.mktemp("strimzi"))


def test_strimzi_objects_hold_under_strimzi_schemas(strimzi: Strimzi) -> None:
    schemas = strimzi.schemas()
    assert {node["kind"] for node in OURS} == set(STRIMZI_KINDS)
    for node in OURS:
        assert node["apiVersion"] == "kafka.strimzi.io/v1"
        jsonschema.validate(node, schemas[node["kind"]])

    # The check bites: a field of the old interface, and a value that is none.
    (user,) = (node for node in OURS if label(node) == "KafkaUser authority.tn")
    old, wrong = copy.deepcopy(user), copy.deepcopy(user)
    old["spec"]["authorization"]["acls"][0]["operation"] = "Write"
    wrong["spec"]["authorization"]["acls"][0]["operations"] = ["WRITE"]
    for broken in (old, wrong):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schemas["KafkaUser"])


def test_strimzi_ignores_none_of_the_broker_settings(strimzi: Strimzi) -> None:
    forbidden = tuple(strimzi.constant("FORBIDDEN_PREFIXES"))
    allowed = strimzi.constant("FORBIDDEN_PREFIX_EXCEPTIONS")
    ignored = [n for n in everywhere() if n.startswith(forbidden) and n not in allowed]
    assert ignored == []
    assert "ssl.principal.mapping.rules".startswith(forbidden), "why the listener is a custom one"


def test_the_kustomization_holds_every_file() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    files = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed["resources"]) == files
    rendered = subprocess.run(
        [tool("kubectl"), "kustomize", str(KUBERNETES)], capture_output=True, text=True, check=True
    ).stdout
    assert len(list(yaml.safe_load_all(rendered))) == len(OURS) + len(CORE)


# --- Locked down ---------------------------------------------------------------------------------


@each_pod
def test_pods_hold_to_the_restricted_profile_and_more(maker: str) -> None:
    pod = PODS[maker]
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"emptyDir", "projected", "configMap", "persistentVolumeClaim"}
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]) == {"requests", "limits"}
        assert "memory" in container["resources"]["limits"]
        assert "ports" not in container, "health servers are on loopback"


@each_pod
def test_every_volume_that_is_mounted_is_there(maker: str) -> None:
    pod = PODS[maker]
    claimed = {
        claim["metadata"]["name"]
        for node in of_kind("StatefulSet")
        if label(node) == maker
        for claim in node["spec"]["volumeClaimTemplates"]
    }
    there = {volume["name"] for volume in pod["volumes"]} | claimed
    assert {mount["name"] for c in pod["containers"] for mount in c["volumeMounts"]} == there


def test_every_namespace_is_restricted_and_denies_by_default() -> None:
    namespaces = of_kind("Namespace")
    denied = {
        policy["metadata"]["namespace"]
        for policy in of_kind("NetworkPolicy")
        if policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }
    assert {node["metadata"]["name"] for node in namespaces} == denied
    for node in namespaces:
        assert node["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert not [p for p in of_kind("NetworkPolicy") if "ingress" in p["spec"]]


def test_brokers_let_in_every_namespace_that_has_clients() -> None:
    (kafka,) = of_kind("Kafka")
    clients = {
        node["metadata"]["namespace"]
        for node in of_kind("StatefulSet")
        if node["spec"]["template"]["metadata"]["labels"].get("southmed/kafka-client") == "true"
    }
    for listener in kafka["spec"]["kafka"]["listeners"]:
        let_in = set()
        for peer in listener["networkPolicyPeers"]:
            assert peer["podSelector"] == {"matchLabels": {"southmed/kafka-client": "true"}}
            labels = peer.get("namespaceSelector", {}).get("matchLabels", {})
            let_in.add(labels.get("kubernetes.io/metadata.name", "southmed"))
        assert let_in == clients == {"southmed", "southmed-tn", "southmed-trustee"}


@each_pod
def test_tokens_can_be_calculated_in_every_pod(maker: str) -> None:
    """The library behind them runs from /tmp, and what is in memory may be noexec."""
    pod = PODS[maker]
    disks = {
        v["name"]
        for v in pod["volumes"]
        if v.get("emptyDir", {"medium": ""}).get("medium", "disk") == "disk"
    }
    for container in pod["containers"]:
        mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        assert mounted["/tmp"] in disks  # noqa: S108 - the container's


def test_a_holder_knows_who_it_is_and_stays_away_from_the_platform() -> None:
    (holder,) = (n for n in of_kind("StatefulSet") if label(n) == "StatefulSet southmed-linkage")
    assert holder["spec"]["replicas"] == 1, "a second one would keep a second book"
    assert holder["metadata"]["namespace"] == "southmed-trustee"
    (container,) = holder["spec"]["template"]["spec"]["containers"]
    told = {one["name"]: one["value"] for one in container["env"]}
    assert told["SOUTHMED_HOLDER"] in principals()
    assert container["args"][0] == f"trustees/{told['SOUTHMED_HOLDER']}"


def test_verify_looks_at_the_ledger_of_every_worker() -> None:
    (intake,) = (n for n in of_kind("StatefulSet") if label(n) == "StatefulSet southmed-intake")
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for maker, pod in PODS.items()
        if maker.startswith("CronJob southmed-verify")
        for volume in pod["volumes"]
        if "persistentVolumeClaim" in volume
    }
    workers = range(intake["spec"]["replicas"])
    assert claims == {f"site-southmed-intake-{worker}" for worker in workers}


def test_the_image_is_that_of_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    images = {container["image"] for pod in PODS.values() for container in pod["containers"]}
    assert images == {f"southmed:{project['version']}"}


def test_no_manifest_holds_a_secret() -> None:
    assert of_kind("Secret") == []

"""What staging's values for TLS become when Helm has rendered them."""

from __future__ import annotations

import yaml

from telemetry.charts.lock import ChartName
from tests.artefacts.helm_driver import Json, container, one, pod, ports, render
from tests.chart_facts.values import stack_values


def rendered(release: str, chart: ChartName) -> list[Json]:
    return render(chart, stack_values("staging")[release], release=release)


def secret(workload: Json) -> Json:
    (volume,) = [volume for volume in pod(workload)["volumes"] if volume["name"] == "tls"]
    return volume["secret"]


def mounts(workload: Json, name: str) -> Json:
    return {mount["name"]: mount["mountPath"] for mount in container(workload, name)["volumeMounts"]}


def test_loki_and_tempo_are_probed_over_https_on_the_chart_s_paths() -> None:
    for release, chart in (("loki", ChartName.LOKI), ("tempo", ChartName.TEMPO)):
        workload = one(rendered(release, chart), "StatefulSet", release)
        assert secret(workload)["secretName"] == f"{release}-tls"
        assert mounts(workload, release)["tls"] == "/etc/lgtm/tls"
        probe = container(workload, release)["readinessProbe"]["httpGet"]
        assert (probe["scheme"], probe["path"]) == ("HTTPS", "/ready")


def test_lokis_and_tempos_configuration_names_the_files_and_keeps_the_ports() -> None:
    loki = one(rendered("loki", ChartName.LOKI), "ConfigMap", "loki")["data"]["config.yaml"]
    tempo = one(rendered("tempo", ChartName.TEMPO), "ConfigMap", "tempo")["data"]["tempo.yaml"]
    for text, port in ((loki, 3100), (tempo, 3200)):
        server = yaml.safe_load(text)["server"]
        assert server["http_listen_port"] == port
        assert server["http_tls_config"]["key_file"] == "/etc/lgtm/tls/tls.key"


def test_mimirs_nginx_listens_for_tls_beside_its_plain_port() -> None:
    documents = rendered("mimir", ChartName.MIMIR)
    text = one(documents, "ConfigMap", "mimir-gateway-nginx")["data"]["nginx.conf"]
    server = text[text.index("server {") : text.rindex("}")]
    for line in ("listen 8080;", "listen 8443 ssl;", "ssl_protocols TLSv1.3;"):
        assert line in server
    assert ports(one(documents, "Service", "mimir-gateway")) == {"http-metrics": 8080, "https": 8443}
    deployment = one(documents, "Deployment", "mimir-gateway")
    assert secret(deployment)["secretName"] == "mimir-gateway-tls"
    assert mounts(deployment, "gateway")["tls"] == "/etc/nginx/tls/https"


def test_grafana_mounts_the_ca_and_no_key() -> None:
    deployment = one(rendered("grafana", ChartName.GRAFANA), "Deployment", "grafana")
    assert secret(deployment)["items"] == [{"key": "ca.crt", "path": "ca.crt"}]
    assert mounts(deployment, "grafana")["tls"] == "/etc/lgtm/tls"

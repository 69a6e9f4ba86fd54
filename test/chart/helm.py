"""Renders and lints a chart by Helm's own library, and checks what it makes against the schemas of Kubernetes.

In, as JSON: {"chart": path, "isPacked": whether `helm package` comes first, "kubernetes": [version], "cases": [{"values": [text]}]}; the values
of a case in the order of `helm -f`. Out: {"files": [name], "results": [{"error" or "manifests": {template: text}, "lint": [text], "invalid": [text], "unchecked": [kind]}]}.
"""
import functools
import json
import sys
import tempfile

import helm_python as helm
import kubernetes_validate
import yaml
from kubernetes_validate import utils

# Read anew for each object otherwise, which is nearly all of the time.
utils.schema_contents = functools.cache(utils.schema_contents)

# Groups of Kubernetes itself; all others come with an operator, whose schemas are not at hand.
BUILT_IN = ("v1", "apps/", "batch/", "autoscaling/", "policy/", "networking.k8s.io/")


def merged(values):
    whole = {}
    for text in values:
        lay_over(whole, helm.values_from_yaml(text))
    return whole


def lay_over(below, above):
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            lay_over(below[key], value)
        else:
            below[key] = value


def check(manifests, versions):
    """What the schemas of these versions say, and the kinds that they don't know."""
    texts = [text for path, text in manifests.items() if path.endswith(".yaml")]
    objects = [it for text in texts for it in yaml.load_all(text, yaml.CSafeLoader) if it]
    known = [it for it in objects if it["apiVersion"].startswith(BUILT_IN)]
    invalid = []
    for it in known:
        for version in versions:
            try:
                kubernetes_validate.validate(it, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                invalid.append(f"{version} {it['kind']} {it['metadata']['name']}: {error}")
    return {"invalid": invalid, "unchecked": sorted({it["kind"] for it in objects if it not in known})}


def render(chart, path, case, versions):
    try:
        values = merged(case["values"])
        # As `helm template` does, which the library leaves to its caller.
        chart.validate_schema(values)
        manifests = chart.render(values, name="freeflow", namespace="platform", is_install=True)
    except helm.HelmError as error:
        return {"error": str(error)}
    report = helm.lint(path, values, strict=True, namespace="platform")
    lint = report["errors"] + [it["error"] for it in report["messages"] if it["severity"] > 1]
    return {"manifests": manifests, "lint": lint, **check(manifests, versions)}


def main():
    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        path = helm.package(order["chart"], destination=folder) if order["isPacked"] else order["chart"]
        with helm.Chart.load(path) as chart:
            results = [render(chart, path, it, order["kubernetes"]) for it in order["cases"]]
            files = [it["name"] for it in chart.files]
    json.dump({"files": files, "results": results}, sys.stdout)


main()

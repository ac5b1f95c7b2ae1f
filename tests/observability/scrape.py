"""A scrape: the figures of a process, read as Prometheus reads them."""

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


class Scrape:
    """Figures at a moment."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}

    def samples(self, name: str) -> Iterator[Sample]:
        """All samples of a name, as they stand in the text."""
        return (sample for family in self.families.values() for sample in family.samples if sample.name == name)

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels, 0 if there is none."""
        fitting = (sample for sample in self.samples(name) if labels.items() <= sample.labels.items())
        return sum(sample.value for sample in fitting)

    @property
    def names(self) -> set[str]:
        """All names of samples, those of labels that were not met yet too."""
        kinds = {"histogram": ("_count", "_sum", "_bucket"), "counter": ("_total",), "gauge": ("",)}
        return {f"{name}{end}" for name, family in self.families.items() for end in kinds[family.type]}

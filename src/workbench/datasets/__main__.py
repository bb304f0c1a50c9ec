"""Make the shipped simulated data and their codebooks anew: ``python -m workbench.datasets``."""

from workbench.datasets.customer_base import load_customer_base
from workbench.datasets.panel import load_panel
from workbench.datasets.population import codebook_text, load_population
from workbench.resources import DATA

SURVEYS = ("customer_survey", "customer_survey_groups", "firm_survey")


def shipped() -> dict[str, str]:
    """Every simulated file that is shipped, path below ``data`` → text."""
    files: dict[str, str] = {}
    for name in SURVEYS:
        population = load_population(name)
        files[f"{name}.csv"] = population.simulate().to_csv()
        files[f"codebooks/{name}.yaml"] = population.codebook_text()
    panel = load_panel("firm_panel")
    for name, frame, book in (
        ("firm_panel", panel.simulate().frame, panel.codebook()),
        ("firm_customers", panel.customers().frame, panel.customer_codebook()),
    ):
        files[f"{name}.csv"] = frame.to_csv(index=False, lineterminator="\n")
        files[f"codebooks/{name}.yaml"] = codebook_text(book)
    customers = load_customer_base()
    base = customers.simulate()
    frames = {"customer_base": base.customers, "customer_quarters": base.quarters}
    for name, book in customers.codebooks().items():
        files[f"{name}.csv"] = frames[name].to_csv(index=False, lineterminator="\n")
        files[f"codebooks/{name}.yaml"] = codebook_text(book)
    return files


def main() -> None:
    """Write every shipped simulated file into ``data``."""
    for name, text in shipped().items():
        (DATA / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}: {len(text.splitlines())} lines")


if __name__ == "__main__":
    main()

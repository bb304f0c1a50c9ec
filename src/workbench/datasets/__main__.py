"""Make the shipped simulated surveys and their codebooks anew: ``python -m workbench.datasets``."""

from workbench.datasets.population import DATA, load_population


def main() -> None:
    """Write the answers and the codebook of every survey population into ``data``."""
    for name in ("customer_survey", "customer_survey_groups"):
        population = load_population(name)
        population.simulate().to_csv(DATA / f"{name}.csv")
        text = population.codebook_text()
        (DATA / "codebooks" / f"{name}.yaml").write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}: {population.description.n} respondents")


if __name__ == "__main__":
    main()

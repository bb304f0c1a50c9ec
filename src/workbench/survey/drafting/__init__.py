"""Codebooks drafted from the answers: what a file tells of its columns, and what can be guessed."""

from workbench.survey.drafting.draft import draft_codebook
from workbench.survey.drafting.drafted_codebook import Draft

__all__ = ["Draft", "draft_codebook"]

"""Tests that take long and say how often something happens: run by `make bench`, or with `pytest --studies`.

What they ask about is asked more briefly by their neighbours, so that all tests fit the time of continuous integration.
"""

STUDIES = (
    "planted/test_modalities.py::test_the_sound_model_passes[text-lstm]",
    "planted/test_modalities.py::test_the_planted_defect_is_seen[text-lstm drop-mode=nurse]",
    "planted/test_modalities.py::test_the_planted_defect_is_seen[audio drop-mode=pluck]",
    "planted/test_reference_models.py::test_the_sound_model_passes[gan]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[drop-mode=3-gan]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[imbalance=3:0.25-vae]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[collapse=3-vae]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[shrink=0.6-vae]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[memorise=50-vae]",
    "planted/test_reliance.py::test_the_declared_gap_is_within_the_limits_in_93_of_100_models",
    "planted/test_probes.py::test_the_declared_odds_are_within_the_limits_in_93_of_100_models",
    "planted/test_probes.py::test_sound_models_alarm_in_at_most_six_of_a_hundred",
    "planted/test_conditioning.py::test_a_disconnected_condition_is_named_in_20_of_20",
    "planted/test_modalities.py::test_the_planted_defect_is_seen[music-lstm drop-mode=minor]",
    "faults/test_printed.py::test_a_narrow_encoding_changes_neither_code_nor_files[cp1252]",
    "planted/test_modalities.py::test_the_planted_defect_is_seen[tabular-vae drop-mode=west]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[memorise=50-gan]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[collapse=3-gan]",
    "property/test_estimands.py::test_no_estimate_moves_with_the_number_of_generated_records[audio]",
    "property/test_threads.py::test_an_audit_is_the_same_on_any_number_of_threads[gpt",
    "property/test_same_answer.py::test_collecting_evidence_leaves_the_model_as_it_was[audio]",
    "planted/test_facts.py::test_findings_are_as_their_auditors_say[text]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[imbalance=3:0.25-gan]",
    "planted/test_reference_models.py::test_the_planted_defect_is_seen[shrink=0.6-gan]",
    *(
        f"planted/test_toys.py::test_every_departure_is_seen[{departure}--{seed}]"
        for departure in (
            "{'drop': [3]}",
            "{'thin': [[3, 0.25]]}",
            "{'drop': [1, 2, 4, 5]}",
            "{'spread': 0.6}",
            "{'spread': 1.5}",
            "{'memorise': 40}",
        )
        for seed in (1, 2, 3, 4)
    ),
    "planted/test_toys.py::test_the_sound_twin_passes[3]",
    "planted/test_toys.py::test_the_sound_twin_passes[4]",
    *(
        f"faults/test_nothing_leaves.py::test_an_audit_keeps_to_itself[{kind}]"
        for kind in (
            *("diffusers", "adapter", "text to image", "keras", "torch.export", "torchscript", "onnx"),
            *("a state dict by a loader", "samples alone"),
        )
    ),
    *(
        f"faults/test_model_code.py::test_no_end_of_the_worker_is_a_verdict[{end}]"
        for end in ("exit 3", "exit text", "cancelled", "generator", "leave 1", "abort", "end of file", "native exit")
    ),
    "unit/models/families/training/test_plants.py::test_memorise_copies_its_images[vae]",
    "faults/test_resumed.py::test_a_raised_budget_goes_on_within_one_error",
    "property/test_estimands.py::test_no_estimate_moves_with_the_number_of_generated_records[text]",
    "property/test_estimands.py::test_no_estimate_moves_with_the_number_of_generated_records[tabular]",
    "property/test_threads.py::test_an_audit_is_the_same_on_any_number_of_threads[tabular-gan",
    "property/test_threads.py::test_an_audit_is_the_same_on_any_number_of_threads[music-lstm",
    "property/test_threads.py::test_an_audit_is_the_same_on_any_number_of_threads[audio",
    "property/test_same_answer.py::test_samples_depend_on_the_seed_alone[audio]",
    "property/test_same_answer.py::test_samples_depend_on_the_seed_alone[ddpm]",
    "property/test_same_answer.py::test_samples_depend_on_the_seed_alone[tabular-vae]",
    "property/test_same_answer.py::test_the_table_says_whether_there_is_a_likelihood[audio]",
    "property/test_same_answer.py::test_collecting_evidence_leaves_the_model_as_it_was[ddpm]",
    "property/test_estimands.py::test_no_estimate_moves_with_the_number_of_generated_records[music]",
    "faults/test_encoder_code.py::test_a_fault_of_an_encoder_is_the_users_with_file_and_line[leaves]",
    "planted/test_facts.py::test_findings_are_as_their_auditors_say[image]",
    "planted/test_reliance.py::test_the_planted_column_carries_at_least_95_percent[0.0-0.8-job",
    "property/test_held_pictures_audit.py::test_the_same_findings[model]",
    "unit/audit/fairness/group_representation/test_targets.py::test_a_perfect_generator_rarely_fails_against_a_sample",
    "unit/audit/fairness/group_representation/test_group_shares.py::test_ratios_to_a_sample_cover_the_truth",
)
"""How the names of these tests begin, below `tests/`."""


def is_study(nodeid: str) -> bool:
    """Whether a test, by its name as pytest has it, is one of them."""
    return nodeid.removeprefix("tests/").startswith(STUDIES)

"""Which readouts the outputs of a model have."""

from collections.abc import Mapping

from ....models.encoders.builtin.catalogue import BUILT_IN
from ....models.encoders.builtin.pixels import pixel_features
from ..bundle import Evidence
from ..plan import Plan
from ..unavailable import Unmeasured
from .other_readouts import audio_panel, column_spreads, table_panel
from .readouts import Panel, image_panel

PIXELS = BUILT_IN["pixels"]


def panel_of(plan: Plan, so_far: Evidence) -> Panel:
    """The readouts of what the model decodes to.

    Raises:
        Unmeasured: if a model of sounds does not say their rate, or one of tables what its numbers are.
    """
    match plan.modality:
        case "audio":
            rate = getattr(plan.model, "sample_rate", None)
            if not isinstance(rate, int | float) or rate <= 0:
                raise Unmeasured("the model offers decode(z) but no sample_rate: give the samples of sound a second")
            return audio_panel(float(rate))
        case "tabular":
            columns = getattr(plan.model, "decoded_columns", None)
            if not isinstance(columns, Mapping) or not columns:
                raise Unmeasured(
                    "the model offers decode(z) but does not say what its numbers are: give decoded_columns, a mapping "
                    "from the name of each to its unit"
                )
            known = {} if so_far.reference is None else column_spreads(so_far.reference.samples)
            return table_panel({str(name): str(unit) for name, unit in columns.items()}, known)
        case _:
            return _image_panel(so_far)


def _image_panel(so_far: Evidence) -> Panel:
    from ..group_classifier import classifier_scores_torch

    groups = next((each for each in (so_far.groups or ())[:1] if each.parameters), None)
    encoder = None if so_far.features is None else so_far.features.encoder
    if groups is None or (encoder is not None and encoder.name != PIXELS.name):
        # The classifier of the groups takes other features than those that gradients can pass here.
        return image_panel()
    return image_panel(lambda x: classifier_scores_torch(groups.parameters, pixel_features(x)), groups.told_apart)

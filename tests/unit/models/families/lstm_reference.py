"""An LSTM in float64, written out gate by gate, to check the networks against."""

import numpy as np


def lstm_logits(weights: dict[str, np.ndarray], ids: list[int], layers: int = 1) -> np.ndarray:
    """The logits of the token after `ids`.

    The gates lie below each other as input, forget, cell, output (Hochreiter, Schmidhuber 1997; Gers et al. 2000).
    """
    x = [weights["embedding.weight"][each] for each in ids]
    for layer in range(layers):
        w, u = weights[f"lstm.weight_ih_l{layer}"], weights[f"lstm.weight_hh_l{layer}"]
        b = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
        h = c = np.zeros(u.shape[1])
        out = []
        for each in x:
            i, f, g, o = np.split(w @ each + u @ h + b, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
        x = out
    last: np.ndarray = weights["head.weight"] @ x[-1] + weights["head.bias"]
    return last


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))

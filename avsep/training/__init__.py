"""Making the weights: videos to a training set, scenes mixed on the fly, the stages of training."""

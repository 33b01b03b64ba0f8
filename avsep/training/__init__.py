"""Making the weights: videos to training sets, scenes mixed on the fly, stages of training."""

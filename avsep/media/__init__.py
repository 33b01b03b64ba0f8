"""Files to arrays and back; the only room that runs ffmpeg."""

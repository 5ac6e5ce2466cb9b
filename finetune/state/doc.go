// Package state keeps a run alive between two processes: the folder OUT.work beside the output, with a lock, what the run is
// made of, and checkpoints.
//
// A checkpoint is a folder that appears by one rename, when all its files are on the disk, with a manifest of their digests.
// Resuming takes the newest whose manifest holds; which one that is, is found out and written nowhere. A checkpoint has all
// that the next step depends on: trained values, moments, the optimizer's progress, and whatever the run wants to remember.
//
// It does not decide when a checkpoint is due, and it never takes up a run that was started from something else.
package state

package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/osft-project/osft/provenance/strict"
)

// ObservedFormat names the form of observed.json that this program writes.
const ObservedFormat = "osft-observed/1"

// Observed is what belongs to one execution of a run and may differ in the next (provenance/observed.json). It holds no name
// of a machine or a person, and no path.
type Observed struct {
	Format    string  `json:"format"`
	RunSHA256 string  `json:"run_sha256"` // of the run.json that this execution gave
	Parts     []Part  `json:"parts"`      // one for each process that trained a part of the run
	Program   Program `json:"program"`    // that wrote the result
}

// Part is what one process contributed: the steps after First up to Last.
type Part struct {
	Started  time.Time `json:"started"` // in UTC
	Ended    time.Time `json:"ended"`
	First    int       `json:"first_step"` // steps taken at its start
	Last     int       `json:"last_step"`  // steps taken at its end
	Tokens   int       `json:"tokens"`
	Seconds  float64   `json:"training_seconds"` // in steps, without reading and evaluating
	Machine  Machine   `json:"machine"`
	Revision string    `json:"revision"` // of the program, "unknown" where the build does not say
}

// Machine is what a run may depend on for its speed.
type Machine struct {
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	ISA     string `json:"isa"` // generic, avx2, avx512 or neon
	CPUs    int    `json:"cpus"`
	Threads int    `json:"threads"`
}

// Program is the program by its build.
type Program struct {
	Path      string   `json:"path"`
	Version   string   `json:"version"`
	Revision  string   `json:"revision"` // of the version control; "unknown" where the build does not say
	Modified  string   `json:"modified"` // true, false or unknown: whether the source differed from that revision
	GoVersion string   `json:"go"`
	SHA256    string   `json:"sha256"` // of the binary; "unknown" where it cannot be read
	Modules   []Module `json:"modules"`
}

// Module is a module of the build with its checksum as go.sum has it.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum"` // "" where the build has none, as for replaced modules
}

// unknown is what a fact is that nobody can tell.
const unknown = "unknown"

// ThisMachine describes the machine for a process that uses an instruction set.
func ThisMachine(isa string) Machine {
	return Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, ISA: isa, CPUs: runtime.NumCPU(), Threads: runtime.GOMAXPROCS(0)}
}

// ThisProgram describes the running program by what its build says about itself.
func ThisProgram() Program {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	p := programOf(info)
	p.SHA256 = binaryDigest()
	return p
}

func programOf(info *debug.BuildInfo) Program {
	p := Program{
		Path: info.Path, Version: orUnknown(info.Main.Version), Revision: unknown, Modified: unknown, GoVersion: runtime.Version(),
		Modules: []Module{},
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			p.Revision = orUnknown(s.Value)
		case "vcs.modified":
			p.Modified = orUnknown(s.Value)
		}
	}
	for _, m := range info.Deps {
		used := m
		if m.Replace != nil {
			used = m.Replace
		}
		path := used.Path
		if strings.HasPrefix(path, ".") || strings.ContainsAny(path, `\:`) || strings.HasPrefix(path, "/") {
			path = m.Path // replaced by a folder, whose place is nobody's business
		}
		p.Modules = append(p.Modules, Module{Path: path, Version: used.Version, Sum: used.Sum})
	}
	return p
}

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

// binaryDigest is the sha256 of the running binary.
func binaryDigest() string {
	path, err := os.Executable()
	if err != nil {
		return unknown
	}
	f, err := os.Open(path)
	if err != nil {
		return unknown
	}
	digest := sha256.New()
	_, err = io.Copy(digest, f)
	if errors.Join(err, f.Close()) != nil {
		return unknown
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// Marshal writes the observation.
func (o Observed) Marshal() ([]byte, error) { return strict.Marshal(o) }

// ParseObserved reads an observed.json. Names that this version does not know are an error, as is another format.
func ParseObserved(data []byte) (Observed, error) {
	var o Observed
	if err := strict.Unmarshal(data, &o, strict.Limits{}); err != nil {
		return Observed{}, fmt.Errorf("observed.json: %w", err)
	}
	if o.Format != ObservedFormat {
		return Observed{}, fmt.Errorf("observed.json: format: %q, this version reads %q", o.Format, ObservedFormat)
	}
	return o, nil
}

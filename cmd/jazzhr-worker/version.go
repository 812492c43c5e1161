package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
)

// jsonFlag is the flag of commands whose output a script may want to read.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// build says which program this is.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Changed  bool   `json:"changed,omitempty"`  // the source was changed after that revision
	Go       string `json:"go"`
}

// version reads what the Go toolchain wrote into the binary.
func version() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{Version: "unknown"}
	}
	b := build{Version: info.Main.Version, Go: info.GoVersion}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.modified":
			b.Changed = setting.Value == "true"
		}
	}
	return b
}

type versionCommand struct{ jsonFlag }

// Run prints the version.
func (c versionCommand) Run(env *environment) error {
	b := version()
	if c.JSON {
		return printJSON(env.stdout, b)
	}
	line := "jazzhr-worker " + b.Version
	if b.Revision != "" {
		line += " (" + b.Revision + ")"
	}
	_, err := fmt.Fprintf(env.stdout, "%s %s\n", line, b.Go)
	return err
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/audit"
	"parry/internal/render"
)

func (a *app) auditProveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "prove ID",
		Short: "Write the proof that a response's records are in the signed log",
		Long: "Writes the records of one response, the newest signed checkpoint, and the hashes that lead from each record to it. Who has that and the\n" +
			"public half of the key checks it with 'parry audit check', without the store and without any other record.",
		Example: "  parry audit prove ID > proof.json",
		Args:    args(cobra.ExactArgs(1), "parry audit prove ID; 'parry list' shows the ids"),
		RunE: func(cmd *cobra.Command, given []string) error {
			store, err := a.auditStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			id, err := store.Resolve(cmd.Context(), given[0])
			if err != nil {
				return err
			}
			proof, err := audit.Prove(cmd.Context(), store, id)
			if err != nil {
				return err
			}
			e := json.NewEncoder(a.stdout)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return e.Encode(proof)
		},
	}
}

func (a *app) auditCheckCommand() *cobra.Command {
	var verifiers []string
	c := &cobra.Command{
		Use:     "check PROOF.json",
		Short:   "Hold the proof of a response's records to the key that signs the log",
		Long:    "Reads a proof, as 'parry audit prove' and the console write it. It needs no store and asks nobody: 1 is the exit code where anything in it\nis not as it was signed.",
		Example: "  parry audit check proof.json --verifier main+1234abcd+...",
		Args:    args(cobra.ExactArgs(1), "parry audit check PROOF.json --verifier PUBLIC-HALF"),
		RunE: func(cmd *cobra.Command, given []string) error {
			keys, err := a.keys(cmd.Context(), verifiers)
			if err != nil {
				return err
			}
			text, err := a.fileText(given[0])
			if err != nil {
				return err
			}
			proof, err := audit.ReadProof(text)
			if err != nil {
				return err
			}
			head, err := proof.Check(keys)
			if err != nil {
				a.say(err)
				a.worse(exitFailed)
				return errSaid
			}
			fmt.Fprintf(a.stdout, "%s of response %s stand in the log that %s signed over %d records, %s: nothing was changed\n",
				many(len(proof.Records), "record"), render.Clean(proof.Response), render.Clean(head.Origin), head.Size, head.At.UTC().Format(time.RFC3339))
			if n := len(proof.Later); n > 0 {
				fmt.Fprintf(a.stdout, "%s came after that checkpoint: ask for a proof anew when there is a later one\n", many(n, "record"))
			}
			return nil
		},
	}
	c.Flags().StringArrayVar(&verifiers, "verifier", nil, "the public half of the key, as 'parry audit key show' prints it (PARRY_AUDIT_VERIFIER; default: that of --audit-key)")
	return c
}

// fileText is what is in a file, or on standard input where its name is -.
func (a *app) fileText(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.stdin)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	return text, nil
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/signin"
)

func (a *app) tokenCommand() *cobra.Command {
	var name, role string
	newToken := &cobra.Command{
		Use:   "new",
		Short: "Make a token for a program that uses the API",
		Long: "Prints a token, which is shown this once and kept nowhere, and the line for the file that the setting api_tokens names: the name, the\n" +
			"role and the token's SHA-256. The server reads the file when it starts.",
		Args: args(cobra.NoArgs, "parry token new --name NAME --role ROLE"),
		RunE: func(*cobra.Command, []string) error {
			r, ok := signin.RoleOf(role)
			if !ok {
				return parry.Errorf(parry.Invalid, "%.40q is no role", role).WithHint("viewer, approver or admin")
			}
			plain, t, err := signin.NewToken(name, r)
			if err != nil {
				return err
			}
			if a.json {
				return a.encode(map[string]string{"token": plain, "line": t.Line(), "id": t.ID()})
			}
			fmt.Fprintf(a.stdout, "token: %s\nline for api_tokens: %s\n", plain, t.Line())
			return nil
		},
	}
	newToken.Flags().StringVar(&name, "name", "", "what records call it, such as ci")
	newToken.Flags().StringVar(&role, "role", "", "what it may do: viewer, approver or admin")
	c := &cobra.Command{Use: "token", Short: "Make tokens for programs that use the API"}
	c.AddCommand(newToken)
	return c
}

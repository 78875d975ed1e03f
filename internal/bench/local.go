package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"parry/internal/dynamotest"
)

// dynamoLocal starts DynamoDB Local for a measurement. Where it is not installed, that is said, and there is none.
func dynamoLocal(ctx context.Context, what string) (*dynamotest.Server, error) {
	tools := os.Getenv("PARRY_TOOLS")
	if _, err := os.Stat(filepath.Join(tools, "dynamodb", ".stamp")); tools == "" || err != nil {
		fmt.Printf("\n%s: skipped, as DynamoDB Local is not installed\n", what)
		return nil, nil
	}
	return dynamotest.Start(ctx, tools)
}

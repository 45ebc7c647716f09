package cli_test

func limitFiles() {}

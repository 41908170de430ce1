module passkeyaudit

go 1.26

user-sync.exe --users all

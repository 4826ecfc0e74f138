@echo off
rem user-sync.exe -t
cd /D "%~dp0"
user-sync.exe --users mapped ^
 --process-groups > ust.log 2>&1
pause

# The way into a room for Windows without ssh. This file was not tried on Windows.
#
#   powershell -ExecutionPolicy Bypass -File join.ps1 192.168.1.5:8080 the-rooms-code
#
# It lets this laptop's ports lead to the trainer's, and listens on this laptop alone.
param([string]$Trainer, [string]$Code, [int[]]$Ports = @(8000, 9000))

$ErrorActionPreference = "Stop"
$name, $page = $Trainer.Split(":")

$relay = {
    param($client, $name, $page, $code, $port)
    try {
        $there = New-Object System.Net.Sockets.TcpClient($name, [int]$page)
        $mine, $other = $client.GetStream(), $there.GetStream()
        $head = "CONNECT localhost:$port HTTP/1.1`r`nHost: localhost:$port`r`n" +
            "Proxy-Authorization: Bearer $code`r`n`r`n"
        $bytes = [Text.Encoding]::ASCII.GetBytes($head)
        $other.Write($bytes, 0, $bytes.Length)
        # The answer's head ends with an empty line.
        $answer = ""
        while (-not $answer.EndsWith("`r`n`r`n")) {
            $byte = $other.ReadByte()
            if ($byte -lt 0) { break }
            $answer += [char]$byte
        }
        if ($answer -notmatch "^HTTP/1.1 200") {
            Write-Host "The trainer's laptop said no. Is the code right?"
            return
        }
        $up, $down = $mine.CopyToAsync($other), $other.CopyToAsync($mine)
        [void][Threading.Tasks.Task]::WaitAny(@($up, $down))
        Start-Sleep -Milliseconds 200
    } finally {
        $client.Close()
        if ($there) { $there.Close() }
    }
}

$pool = [RunspaceFactory]::CreateRunspacePool(1, 128)
$pool.Open()
$listeners = foreach ($port in $Ports) {
    $listener = New-Object System.Net.Sockets.TcpListener([Net.IPAddress]::Loopback, $port)
    $listener.Start()
    $listener
}
Write-Host "Open http://playground.localhost:$($Ports[0])/ in a browser. Keep this window open."
while ($true) {
    for ($i = 0; $i -lt $Ports.Count; $i++) {
        while ($listeners[$i].Pending()) {
            $client = $listeners[$i].AcceptTcpClient()
            $shell = [PowerShell]::Create()
            $shell.RunspacePool = $pool
            [void]$shell.AddScript($relay).AddArgument($client).AddArgument($name).AddArgument($page).AddArgument($Code).AddArgument($Ports[$i])
            [void]$shell.BeginInvoke()
        }
    }
    Start-Sleep -Milliseconds 20
}

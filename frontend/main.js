document.title = "Tickbox";

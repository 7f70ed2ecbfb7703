"""Daily and weekly bulletins (日报、周报): composed once as titled tables, written as XLSX or DOCX."""
